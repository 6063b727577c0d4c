"""Which steps of a release somebody means: by step, target, file, digest or key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pedigree.step.digests import tree_digest
from pedigree.trust.decided import stated_signer
from pedigree.trust.graph import BASE_MODEL, graph_of_provenance
from pedigree.trust.lineage_graph import Graph
from pedigree.trust.places import APPROVALS, BUNDLE, place_of
from pedigree.trust.provenance import voucher
from pedigree.trust.statement import is_sha256
from pedigree.trust.unverified import Readable

_PREFIX = "sha256:"
_Provenance = Mapping[str, Mapping[str, Any]]


def steps_named(graph: Graph, release: Readable, what: str) -> frozenset[str]:
    """Steps that are what is named, that made it, that read it from version control, or that stand by a key's word.

    Args:
        graph: The graph of a release.
        release: Its evidence; read only where `what` is neither a step nor a target.
        what: Name of a step; address of a target; digest of an artifact, of a file, of a lock, of packages or of an
            interpreter, uid of a base model or fingerprint of a key, with or without `sha256:`; path of a file under
            version control, or of a directory of them.

    Raises:
        MalformedEvidence: Evidence is none.
        Refused: Evidence cannot be read.
    """
    direct = {name for name, step in graph.steps.items() if what in (name, step["address"])}
    if direct:
        return frozenset(direct)
    if is_sha256(digest := what.removeprefix(_PREFIX)):
        return _by_digest(graph, release.provenance, digest) | _by_key(graph, release, digest)
    within = f"{what.rstrip('/')}/"
    return frozenset(
        name
        for name in graph.steps
        if any(path == what or path.startswith(within) for path in _files(release.provenance[name]))
    )


def _by_digest(graph: Graph, provenance: _Provenance, digest: str) -> frozenset[str]:
    found = frozenset(name for name in graph.steps if digest in _digests(graph.steps[name], provenance[name]))
    return found | frozenset(name for name, uid in _bases(graph, provenance).items() if uid == digest)


def _by_key(graph: Graph, release: Readable, fingerprint: str) -> frozenset[str]:
    """The step that delivers, where the key sealed; the base models that it approved."""
    sealed = {name for name in graph.steps if not graph.consumers[name]} if release.sealer == fingerprint else set()
    approved = {
        path.rpartition("/")[0]
        for path, data in release.attested.items()
        if path.startswith(f"{APPROVALS}/") and path.endswith(BUNDLE) and stated_signer(data, path) == fingerprint
    }
    bases = _bases(graph, release.provenance) if approved else {}
    return frozenset(sealed | {name for name, uid in bases.items() if place_of(uid) in approved})


def _bases(graph: Graph, provenance: _Provenance) -> dict[str, str]:
    """Base model -> its uid, the digest of all that it consumed from version control."""
    names = [name for name, step in graph.steps.items() if step["kind"] == BASE_MODEL]
    nodes = graph_of_provenance({name: dict(provenance[name]) for name in names}, "").nodes
    return {name: tree_digest(node.supplied()) for name, node in nodes.items()}


def _digests(step: Mapping[str, Any], statement: Mapping[str, Any]) -> set[str]:
    """Digests of what a step made, and of what it took from elsewhere than another step."""
    made = {step["artifact"], *step["products"].values(), voucher(statement)}
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
