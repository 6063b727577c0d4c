"""`lineage.json` as the signed evidence of a release implies it, to hold what is delivered against."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pedigree.step.digests import tree_digest
from pedigree.trust.closure import source_path
from pedigree.trust.errors import Refused
from pedigree.trust.evidence import Artifacts, Delivered
from pedigree.trust.lineage import SCHEMA, provenance_file, summary_file, test_result_file
from pedigree.trust.links import LINKS, SOURCES, TREE, files_of, link_file, root_of
from pedigree.trust.provenance import builder_id
from pedigree.trust.standing_statement import standing_words

_INPUTS, _TREE = "inputs/", f"/{TREE}"
_Dependency = Mapping[str, Any]
_SINCE_2 = ("properties", "accelerator", "packages_sha256")
"""What the first version of the format says neither in provenance nor in the graph."""


def implied_head(delivered: Delivered) -> dict[str, Any]:
    """All of the graph's document but its steps and edges."""
    release = delivered.step_names[-1]
    target = delivered.provenance[release]["predicate"]["buildDefinition"]["externalParameters"]
    head = {
        "schema": SCHEMA,
        "release": target["target"],
        "root": root_of(delivered.provenance_digests),
        "sources": files_of(delivered.products(SOURCES)),
        "summary": summary_file(release),
    }
    told = delivered.standing
    return head if told is None else {**head, "standing": standing_words(told)}


def implied_steps(delivered: Delivered, told: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """What the graph must say of each step, in the order of the layout.

    Args:
        delivered: The release.
        told: What the graph says of them. Of two ways to write the same it may choose: a builder by name or by URI,
            and the directory that files were taken from, as long as the provenance names each of those files so.

    Raises:
        Refused: One role of a step was filled from more than one place.
    """
    trees = _Trees()
    judges = set(delivered.judges().values())
    for name, said in zip(delivered.step_names, told, strict=True):
        document = _step(delivered, name, said, trees)
        trees.made[name] = document["products"], document["artifact"]
        yield {**document, "test_result": test_result_file(name)} if name in judges else document


def edges_to(step: Mapping[str, Any]) -> list[dict[str, str]]:
    """The edges of the graph that lead to an implied step, in the order of the document."""
    inputs = step["inputs"]
    return [
        {"from": inputs[role]["step"], "to": step["name"], "role": role}
        for role in sorted(inputs)
        if "step" in inputs[role]
    ]


class _Trees:
    """Digests of directories, which thousands of steps share: the code that they run, and what others made.

    Attributes:
        made: Step -> what it made, and the digest of that as a directory.
    """

    def __init__(self) -> None:
        self.made: dict[str, tuple[Artifacts, str]] = {}
        self._code: dict[tuple[int, ...], dict[str, Any]] = {}

    def of_code(self, dependencies: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """How many files, and the digest of the directory that they form. Equal descriptors are one and the same."""
        key = tuple(map(id, dependencies))
        if key not in self._code:
            files = {each["annotations"]["file"]: each["digest"]["sha256"] for each in dependencies}
            self._code[key] = {"files": len(files), "tree": tree_digest(files)}
        return self._code[key]

    def of_input(self, files: Artifacts, step: str) -> str:
        """The digest of what one step took from another."""
        products, artifact = self.made.get(step, ({}, ""))
        return artifact if artifact and files == products else tree_digest(files)


def _step(delivered: Delivered, name: str, told: Mapping[str, Any], trees: _Trees) -> dict[str, Any]:
    predicate = delivered.provenance[name]["predicate"]
    definition = predicate["buildDefinition"]
    target, parameters = definition["externalParameters"], definition["internalParameters"]
    products = files_of(delivered.products(name))
    code, rest = _code_and_rest(definition["resolvedDependencies"])
    (lock,) = (each for each in rest if each["annotations"]["use"] == "lock")
    (interpreter,) = (each for each in rest if each["annotations"]["use"] == "interpreter")
    return {
        "name": name,
        "address": target["target"],
        "kind": target["kind"],
        "config": target["config"],
        "tool": {
            "module": parameters["tool"],
            "resolve": parameters["resolve"],
            "lock": lock["name"],
            "lock_sha256": lock["digest"]["sha256"],
        },
        "interpreter": {"version": interpreter["name"], "sha256": interpreter["digest"]["sha256"]},
        "code": trees.of_code(code),
        "builder": _builder(predicate["runDetails"]["builder"]["id"], told["builder"]),
        **{key: parameters[key] for key in _SINCE_2 if key in parameters},
        "reproducibility": parameters["reproducibility"],
        "inputs": _inputs(delivered.links[name]["materials"], rest, told["inputs"], trees),
        "products": products,
        "artifact": tree_digest(products),
        "provenance": provenance_file(name),
        "link": f"{LINKS}{link_file(name, delivered.public.keyid)}",
    }


def _code_and_rest(dependencies: Sequence[_Dependency]) -> tuple[list[_Dependency], list[_Dependency]]:
    code: list[_Dependency] = []
    rest: list[_Dependency] = []
    for dependency in dependencies:
        (code if dependency["annotations"]["use"] == "code" else rest).append(dependency)
    return code, rest


def _builder(uri: str, told: object) -> str:
    """The builder as the graph names it, if that is who ran the step; else his URI."""
    return told if isinstance(told, str) and builder_id(told) == uri else uri


def _inputs(
    materials: Iterable[str], dependencies: Sequence[_Dependency], told: Mapping[str, Any], trees: _Trees
) -> dict[str, dict[str, Any]]:
    """Role -> where it came from and what it held. A link names a role that held nothing as well."""
    roles: dict[str, list[_Dependency]] = {
        path[len(_INPUTS) : -len(_TREE)]: [] for path in materials if path.endswith(_TREE) and path.startswith(_INPUTS)
    }
    for dependency in dependencies:
        if (role := dependency["annotations"].get("role")) is not None:
            roles[role].append(dependency)
    return {role: _input(role, files, told.get(role, {}), trees) for role, files in roles.items()}


def _input(role: str, dependencies: Sequence[_Dependency], told: Mapping[str, Any], trees: _Trees) -> dict[str, Any]:
    start = len(_INPUTS) + len(role) + 1
    files: Artifacts = {each["name"][start:]: each["digest"]["sha256"] for each in dependencies}
    steps = {each["annotations"].get("step", "") for each in dependencies}
    if len(steps) > 1:
        raise Refused(f"the files of role '{role}' come from more than one place: {', '.join(sorted(steps))}")
    if step := next(iter(steps), ""):
        return {"step": step, "files": len(files), "tree": trees.of_input(files, step)}
    return {"prefix": _prefix(dependencies, files, told.get("prefix")), "files": len(files), "tree": tree_digest(files)}


def _prefix(dependencies: Sequence[_Dependency], files: Iterable[str], told: object) -> object:
    """The directory of a role's files as the graph names it, if the provenance takes each from there; else None."""
    fits = isinstance(told, str) and all(
        each["annotations"]["file"] == source_path(told, path) for each, path in zip(dependencies, files, strict=True)
    )
    return told if fits else None
