"""The plan of a release: what it may be made of, and what of that may change. Owners sign it beforehand.

Regulators call such a document a predetermined change control plan. An in-toto layout says which steps there are and
how they fit together (`owner_layout`); gates, settings and base models it has no words for, and those stand here. The
plan names the digest of its layout, so that neither counts without the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pedigree.step.canonical import canonical_json
from pedigree.step.digests import sha256_bytes
from pedigree.step.gate import split_gate
from pedigree.trust.errors import MalformedEvidence
from pedigree.trust.roles import APPROVERS
from pedigree.trust.shapes import require_shape
from pedigree.trust.statement import is_sha256

SCHEMA = "pedigree.plan/1"
PAYLOAD_TYPE = "application/vnd.pedigree.plan+json"
STAY, TIGHTEN = "stay", "tighten"
SUITE, GATES, METRICS = "eval_suite", "gates", "metrics"


@dataclass(frozen=True)
class File:
    """A file that a stage takes from version control, or a pattern of such files.

    Attributes:
        sha256: What the file held when the plan was made; may be empty for files that may change.
        may_change: Whether it may hold something else than that.
    """

    sha256: str
    may_change: bool


@dataclass(frozen=True)
class Source:
    """What a stage takes from version control for one role.

    Attributes:
        prefix: The directory in the repository; empty for its root.
        files: Pattern of paths below that directory, where `*` crosses `/` -> what may lie there.
    """

    prefix: str
    files: Mapping[str, File]


@dataclass(frozen=True)
class Stage:
    """What one step must be.

    Attributes:
        name: The step.
        address: Its target.
        kind: The type of that target.
        module: The tool.
        lock: The lock file of the tool's packages.
        reproducibility: `bitwise`, or `bounded` for a step on an accelerator.
        settings: The tool's settings that stay as they are, seeds among them.
        free: Names of settings that may change.
        gates: For suites: metric -> what must be reached.
        gates_may: What may become of the gates: they stay, or tighten, with more gates and metrics beside them.
        inputs: Role -> the step that must fill it.
        sources: Role -> what must fill it from version control.
        base: For base models: the digest of all their files, which is also the uid of their approved entry.
    """

    name: str
    address: str
    kind: str
    module: str
    lock: str
    reproducibility: str
    settings: Mapping[str, Any]
    free: tuple[str, ...]
    gates: Mapping[str, str]
    gates_may: str
    inputs: Mapping[str, str]
    sources: Mapping[str, Source]
    base: str

    @property
    def label(self) -> str:
        """The target, and the part where it has several steps."""
        return step_label(self.name, self.address)

    def to_json(self) -> dict[str, Any]:
        """The stage as it stands in a plan. Settings may be nested as deeply as JSON can be: they are not copied."""
        sources = {
            role: {"prefix": source.prefix, "files": {pattern: vars(file) for pattern, file in source.files.items()}}
            for role, source in self.sources.items()
        }
        return {**vars(self), "free": list(self.free), "sources": sources}


@dataclass(frozen=True)
class Plan:
    """What a release may be made of.

    Attributes:
        release: Address of the release.
        step: Name of the step that assembles it; empty where there are no stages.
        version: Counts from 1; owners write a new one when they change their minds.
        note: What they say of it, in words.
        approvals: Roles that must have approved each base model.
        stages: Every step, each after those that it takes from; none where owners say that there is no plan any more.
        layout: SHA-256 of the layout that goes with it; empty until that is made.
    """

    release: str
    step: str
    version: int
    note: str
    approvals: tuple[str, ...]
    stages: tuple[Stage, ...]
    layout: str = ""

    @property
    def withdrawn(self) -> bool:
        """Whether its owners say by it that the release has no plan any more; only they can."""
        return not self.stages

    @property
    def digest(self) -> str:
        """SHA-256 of what is signed, whoever signed it."""
        return sha256_bytes(canonical_json(self.to_json()))

    def to_json(self) -> dict[str, Any]:
        """The document that owners sign."""
        lists = {"approvals": list(self.approvals), "stages": [stage.to_json() for stage in self.stages]}
        return {**vars(self), **lists, "version": str(self.version), "schema": SCHEMA}


def step_label(name: str, address: str) -> str:
    """How a step is called among people.

    >>> step_label("evals.x.predict-0", "evals/x"), step_label("models.x.sft", "models/x:sft")
    ('evals/x (predict-0)', 'models/x:sft')
    """
    part = name[len(address.lstrip("/")) + 1 :]
    return f"{address} ({part})" if part else address


def parse_plan(document: Any, origin: str) -> Plan:
    """Read a plan; whether anybody signed it is not asked here.

    Raises:
        MalformedEvidence: It is none, or is one that nothing could be held against.
    """
    try:
        require_shape(document, _SHAPE, "it")
        canonical_json(document)  # what holds a float cannot be signed
        plan = _from_json(document)
        if canonical_json(plan.to_json()) != canonical_json(document):
            raise ValueError("it is not written as one")
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedEvidence(f"{origin} is not a {SCHEMA} document: {error}") from error
    known = {stage.name for stage in plan.stages}
    for wrong, words in (*_faults(plan), *(fault for stage in plan.stages for fault in _stage_faults(stage, known))):
        if wrong:
            raise MalformedEvidence(f"{origin} {words}")
    return plan


_TEXTS = {"*": str}
_FILE = {"sha256": str, "may_change": bool}
_STAGE = {
    **dict.fromkeys(("name", "address", "kind", "module", "lock", "reproducibility", "gates_may", "base"), str),
    "settings": dict,
    "free": [str],
    "gates": _TEXTS,
    "inputs": _TEXTS,
    "sources": {"*": {"prefix": str, "files": {"*": _FILE}}},
}
_SHAPE = {
    **dict.fromkeys(("schema", "release", "step", "version", "note", "layout"), str),
    "approvals": [str],
    "stages": [_STAGE],
}


def _from_json(document: Mapping[str, Any]) -> Plan:
    if document["schema"] != SCHEMA or str(int(document["version"])) != document["version"]:
        raise ValueError("another schema, or a version that is no number")
    fields = {key: value for key, value in document.items() if key != "schema"}
    stages = tuple(_stage(stage) for stage in document["stages"])
    lists = {"approvals": tuple(document["approvals"]), "stages": stages, "version": int(document["version"])}
    return Plan(**{**fields, **lists})


def _stage(document: Mapping[str, Any]) -> Stage:
    sources = {
        role: Source(source["prefix"], {pattern: File(**file) for pattern, file in source["files"].items()})
        for role, source in document["sources"].items()
    }
    return replace(Stage(**document), free=tuple(document["free"]), sources=sources)


def _faults(plan: Plan) -> Iterator[tuple[bool, str]]:
    names = [stage.name for stage in plan.stages]
    yield plan.version < 1, f"has the version {plan.version}"
    yield len(set(names)) != len(names), "names a stage twice"
    yield (
        not set(plan.approvals) <= set(APPROVERS),
        f"asks for approvals of other roles than {', '.join(APPROVERS)}",
    )
    yield (
        bool(plan.step or names) and plan.step not in names,
        f"has no stage '{plan.step}', which assembles the release",
    )
    yield bool(plan.layout) and not is_sha256(plan.layout), "names its layout by no SHA-256"


def _stage_faults(stage: Stage, known: set[str]) -> Iterator[tuple[bool, str]]:
    where = f"stage '{stage.name}'"
    files = [(role, path, file) for role, source in stage.sources.items() for path, file in source.files.items()]
    yield not known.issuperset(stage.inputs.values()), f"lets {where} take from a stage that it does not have"
    yield bool(set(stage.inputs) & set(stage.sources)), f"fills a role of {where} twice"
    yield stage.gates_may not in (STAY, TIGHTEN), f"says that gates of {where} may '{stage.gates_may}'"
    yield any(split_gate(gate) is None for gate in stage.gates.values()), f"has a gate of {where} that is none"
    yield bool(stage.base) and not is_sha256(stage.base), f"names the base of {where} by no SHA-256"
    for role, path, file in files:
        pinned = f"'{path}' ({role}) of {where}"
        yield bool(file.sha256 or not file.may_change) and not is_sha256(file.sha256), f"pins {pinned} to no SHA-256"
