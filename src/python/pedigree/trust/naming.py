"""Which steps of a release somebody means: by step, target, file or digest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pedigree.trust.lineage_graph import Graph
from pedigree.trust.statement import is_sha256

_PREFIX = "sha256:"


def steps_named(graph: Graph, provenance: Mapping[str, Mapping[str, Any]], what: str) -> frozenset[str]:
    """Steps that are what is named, that made it, or that read it from version control.

    Args:
        graph: The graph of a release.
        provenance: Step -> its provenance; read only where `what` is neither a step nor a target.
        what: Name of a step; address of a target; digest of an artifact, of a file, of a lock, of packages or of an
            interpreter, with or without `sha256:`; path of a file under version control, or of a directory of them.
    """
    direct = {name for name, step in graph.steps.items() if what in (name, step["address"])}
    if direct:
        return frozenset(direct)
    if is_sha256(digest := what.removeprefix(_PREFIX)):
        return frozenset(name for name in graph.steps if digest in _digests(graph.steps[name], provenance[name]))
    within = f"{what.rstrip('/')}/"
    return frozenset(
        name
        for name in graph.steps
        if any(path == what or path.startswith(within) for path in _files(provenance[name]))
    )


def _digests(step: Mapping[str, Any], statement: Mapping[str, Any]) -> set[str]:
    """Digests of what a step made, and of what it took from elsewhere than another step."""
    made = {step["artifact"], *step["products"].values()}
    parameters = statement["predicate"]["buildDefinition"]["internalParameters"]
    return made | {parameters["packages_sha256"]} | {digest for _, digest in _taken(statement)}


def _files(statement: Mapping[str, Any]) -> Iterator[str]:
    return (path for path, _ in _taken(statement) if path)


def _taken(statement: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Path in the repository, or empty, and digest of what came from no other step."""
    for dependency in statement["predicate"]["buildDefinition"]["resolvedDependencies"]:
        origin = dependency["annotations"]
        if "step" not in origin:
            yield origin.get("file", ""), dependency["digest"]["sha256"]
