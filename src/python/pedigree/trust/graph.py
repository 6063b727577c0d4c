"""The graph of a release as decisions are held against it: steps, what each consumed, and what each made.

It comes from the records of a build, from the provenance in a release, or from the targets before anything ran.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pedigree.step.digests import tree_digest
from pedigree.step.record import Record
from pedigree.trust.closure import CODE
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.provenance import voucher
from pedigree.trust.shapes import require_shape

SCHEMA = "pedigree.graph/1"
BASE_MODEL = "base_model"
_WEIGHTS = "weights"


@dataclass(frozen=True)
class Node:
    """One step.

    Attributes:
        name: The step.
        address: The target that it belongs to.
        kind: The type of that target.
        module: The tool.
        config: The tool's settings.
        inputs: Role -> the step that made the input; empty for files under version control.
        materials: Path, as `inputs/<role>/<file>` -> sha256. Before a build: of files under version control alone.
        products: Path in the artifact -> sha256. Empty before a build.
        prefixes: Role -> the directory in the repository that its files come from; of those under version control.
        lock: Path of the lock file of the third-party packages that the tool runs with.
        reproducibility: `bitwise` or `bounded`.
        vouched: Fingerprint of the builder's key by whose word the run is believed; empty before a build, and where it
            is the sealer's own.
    """

    name: str
    address: str
    kind: str
    module: str
    config: Mapping[str, Any]
    inputs: Mapping[str, str]
    materials: Mapping[str, str]
    products: Mapping[str, str]
    prefixes: Mapping[str, str] = field(default_factory=dict)
    lock: str = ""
    reproducibility: str = ""
    vouched: str = ""

    def role(self, role: str) -> dict[str, str]:
        """File -> sha256 of one input."""
        prefix = f"inputs/{role}/"
        return {path[len(prefix) :]: digest for path, digest in self.materials.items() if path.startswith(prefix)}

    def supplied(self) -> dict[str, str]:
        """File -> sha256 of everything that came from version control, whatever its role.

        In the place of a manifest of weights stand the files that it names, however it is written.

        Raises:
            Refused: Two inputs have a file of one name.
        """
        found = dict(self.named())
        for role, origin in self.inputs.items():
            if origin or (found and role == _WEIGHTS):
                continue
            files = self.role(role)
            if common := sorted(found.keys() & files.keys()):
                raise Refused(f"two inputs of '{self.address}' have a file of the name {common[0]}")
            found.update(files)
        return found

    def named(self) -> Mapping[str, str]:
        """File -> sha256 of the weights that a manifest names; nothing where the files themselves are consumed."""
        named: Mapping[str, str] = self.config.get(_WEIGHTS, {}) if self.kind == BASE_MODEL else {}
        return named

    def digests(self) -> Iterator[tuple[str, str]]:
        """Every digest that names something in this step, and what it names; single files after whole directories."""
        if supplied := self.supplied():
            yield tree_digest(supplied), f"what '{self.address}' consumed from version control"
        if self.vouched:
            yield self.vouched, f"the key by whose word '{self.name}' ran as is said"
        if self.products:
            yield tree_digest(self.products), f"what '{self.name}' made"
        yield from ((digest, f"{name}, which '{self.name}' names") for name, digest in self.named().items())
        yield from ((digest, f"{path}, which '{self.name}' consumed") for path, digest in self.materials.items())
        yield from ((digest, f"{path}, which '{self.name}' made") for path, digest in self.products.items())


@dataclass(frozen=True)
class Graph:
    """All steps of a release.

    Attributes:
        nodes: Name -> step, each after those that it consumed.
        release: Name of the step that assembles the release.
    """

    nodes: Mapping[str, Node]
    release: str

    def path_from(self, name: str) -> tuple[str, ...]:
        """Steps from one to the release, each consumed by the next: one of the shortest ways, ties by name."""
        consumers: dict[str, list[str]] = {}
        for node in self.nodes.values():
            for origin in sorted({origin for origin in node.inputs.values() if origin}):
                consumers.setdefault(origin, []).append(node.name)
        ways: list[tuple[str, ...]] = [(name,)]
        seen = {name}
        for way in ways:  # grows while it is gone through: breadth first
            if way[-1] == self.release:
                return way
            for following in sorted(consumers.get(way[-1], ())):
                if following not in seen:
                    seen.add(following)
                    ways.append((*way, following))
        return (name,)

    def bases(self) -> tuple[Node, ...]:
        """The base models."""
        return tuple(node for node in self.nodes.values() if node.kind == BASE_MODEL)


def graph_of_records(records: Mapping[str, Record], release: str) -> Graph:
    """The graph of what was built; records must be in the order of the build."""
    return Graph({name: _of_record(record) for name, record in records.items()}, release)


def graph_of_provenance(statements: Mapping[str, dict[str, Any]], release: str) -> Graph:
    """The graph of a delivered release, from its provenance, in the order of the layout."""
    return Graph({name: _of_provenance(name, statement) for name, statement in statements.items()}, release)


def parse_graph(document: Any, origin: str) -> Graph:
    """The graph that the build writes before anything runs.

    Raises:
        MalformedEvidence: It is no such document.
    """
    try:
        require_shape(document, _SHAPE, "it")
        graph = Graph({step["name"]: Node(**step) for step in document["steps"]}, document["release"])
    except ValueError as error:
        raise MalformedEvidence(f"{origin} is not a {SCHEMA} document: {error}") from error
    if document["schema"] != SCHEMA or len(graph.nodes) != len(document["steps"]) or graph.release not in graph.nodes:
        raise MalformedEvidence(f"{origin} is not a {SCHEMA} document, names a step twice, or not the release's")
    return graph


_TEXTS = {"*": str}
_STEP = {
    **dict.fromkeys(("name", "address", "kind", "module", "lock", "reproducibility"), str),
    **dict.fromkeys(("inputs", "materials", "products", "prefixes"), _TEXTS),
    "config": dict,
}
_SHAPE = {"schema": str, "release": str, "steps": [_STEP]}


def _of_record(record: Record) -> Node:
    return Node(
        record.name,
        record.address,
        record.kind,
        record.tool.module,
        record.config,
        {role: origin.step for role, origin in record.inputs.items()},
        {path: digest for path, digest in record.materials.items() if not path.startswith(CODE)},
        record.products,
        {role: origin.prefix for role, origin in record.inputs.items() if not origin.step},
        record.tool.lock,
        record.reproducibility,
        record.vouched,
    )


def _of_provenance(name: str, statement: Mapping[str, Any]) -> Node:
    definition = statement["predicate"]["buildDefinition"]
    external, internal = definition["externalParameters"], definition["internalParameters"]
    inputs, materials, prefixes, lock = {}, {}, {}, ""
    for dependency in definition["resolvedDependencies"]:
        origin, path = dependency["annotations"], dependency["name"]
        if "role" in origin:
            inputs[origin["role"]] = origin.get("step", "")
        if "role" in origin and "file" in origin:
            prefixes[origin["role"]] = _prefix(origin["file"], path[len(f"inputs/{origin['role']}/") :])
        if origin["use"] == "lock":
            lock = path
        if origin["use"] in ("input", "config"):
            materials[path] = dependency["digest"]["sha256"]
    return Node(
        name,
        external["target"],
        external["kind"],
        internal["tool"],
        external["config"],
        inputs,
        materials,
        {subject["name"]: subject["digest"]["sha256"] for subject in statement["subject"]},
        prefixes,
        lock,
        internal["reproducibility"],
        voucher(statement),
    )


def _prefix(file: str, path: str) -> str:
    """The directory that a role's paths start from, by where one of its files lies in the repository."""
    return file[: -len(path)].rstrip("/")
