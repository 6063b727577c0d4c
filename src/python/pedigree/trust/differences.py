"""In what one step differs from the stage of a plan, in words, and whether the plan allows that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from fractions import Fraction
from glob import escape
from typing import Any

from pedigree.step.canonical import MalformedJson, canonical_json
from pedigree.step.digests import tree_digest
from pedigree.step.gate import split_gate
from pedigree.trust.closure import source_path
from pedigree.trust.graph import Node
from pedigree.trust.plan import GATES, METRICS, SUITE, TIGHTEN, Source, Stage

_SHORT = 40
"""Characters of a setting's value that are told in full."""


@dataclass(frozen=True)
class Difference:
    """One thing that is not as the plan has it.

    Attributes:
        words: What it is.
        inside: Whether the plan allows it.
    """

    words: str
    inside: bool = False


def stage_differences(stage: Stage, node: Node) -> Iterator[Difference]:
    """All that tells a step from what was planned, but for what it takes from other steps."""
    yield from _identity(stage, node)
    yield from _settings(stage, node)
    yield from _gates(stage, node)
    if stage.base:
        yield from _base(stage, node)
    else:
        yield from _files(stage, node)


def _identity(stage: Stage, node: Node) -> Iterator[Difference]:
    told = (
        ("is the target", stage.address, node.address),
        ("is of the type", stage.kind, node.kind),
        ("runs", stage.module, node.module),
        ("runs with the packages of", stage.lock, node.lock),
        ("is reproducible in the class", stage.reproducibility, node.reproducibility),
    )
    for verb, planned, found in told:
        if planned != found:
            yield Difference(f"{stage.label} {verb} {found}, not {planned}")


def _settings(stage: Stage, node: Node) -> Iterator[Difference]:
    compared_as_gates = {GATES, METRICS} if stage.kind == SUITE else set()
    for key in sorted((stage.settings.keys() | node.config.keys()) - compared_as_gates):
        planned, found = stage.settings.get(key), node.config.get(key)
        if key not in node.config:
            change = "is gone"
        elif key not in stage.settings:
            change = f"is new: {_short(found)}"
        else:
            change = f"changed from {_short(planned)} to {_short(found)}"
        if not _same(planned, found) or (key in node.config) != (key in stage.settings):
            yield Difference(f"setting '{key}' of {stage.label} {change}", key in stage.free)


def _gates(stage: Stage, node: Node) -> Iterator[Difference]:
    """A suite may demand more than was planned, and never less."""
    if stage.kind != SUITE:
        return
    found = node.config.get(GATES)
    gates = found if isinstance(found, dict) else {}
    may_tighten = stage.gates_may == TIGHTEN
    for metric in sorted(stage.gates.keys() - gates.keys()):
        yield Difference(f"gate {metric} of {stage.label} dropped; it was {stage.gates[metric]}")
    for metric in sorted(gates.keys() - stage.gates.keys()):
        yield Difference(f"new gate {metric} of {stage.label}: {_shown(gates[metric])}", may_tighten)
    for metric in sorted(gates.keys() & stage.gates.keys()):
        if gates[metric] != stage.gates[metric]:
            yield _gate_change(stage, metric, gates[metric])
    yield from _metrics(stage, node, may_tighten)


def _gate_change(stage: Stage, metric: str, found: Any) -> Difference:
    planned = stage.gates[metric]
    where = f"gate {metric} of {stage.label}"
    before, after = split_gate(planned), split_gate(found) if isinstance(found, str) else None
    if before is None or after is None or before[0] != after[0]:
        return Difference(f"{where} changed from {planned} to {_shown(found)}")
    then, now = Fraction(before[1]), Fraction(after[1])
    if then == now:
        return Difference(f"{where} is written otherwise: {found}, not {planned}", inside=True)
    tighter = (now > then) == (before[0] == ">=")
    change = "raised" if now > then else "lowered"
    return Difference(f"{where} {change} from {planned} to {found}", tighter and stage.gates_may == TIGHTEN)


def _shown(gate: Any) -> str:
    """A gate as a BUILD file writes it; what is none as JSON."""
    return gate if isinstance(gate, str) and split_gate(gate) else _short(gate)


def _metrics(stage: Stage, node: Node, may_grow: bool) -> Iterator[Difference]:
    planned, found = _names(stage.settings.get(METRICS)), _names(node.config.get(METRICS))
    for metric in sorted(planned - found):
        yield Difference(f"{stage.label} does not measure {metric} any more")
    for metric in sorted(found - planned):
        yield Difference(f"{stage.label} measures {metric} as well", may_grow)


def _names(value: object) -> set[str]:
    return {str(item) for item in value} if isinstance(value, (list, tuple)) else set()


def _base(stage: Stage, node: Node) -> Iterator[Difference]:
    found = tree_digest(node.supplied())
    if found != stage.base:
        words = f"base model {stage.address} is other files: sha256:{found}, not sha256:{stage.base}"
        yield Difference(words)


def _files(stage: Stage, node: Node) -> Iterator[Difference]:
    for role, source in sorted(stage.sources.items()):
        if node.inputs.get(role, "") or role not in node.inputs:
            continue  # told as something that the stage takes from elsewhere
        prefix = node.prefixes.get(role, "")
        if prefix != source.prefix:
            yield Difference(f"{role} of {stage.label} come from '{prefix}', not from '{source.prefix}'")
        yield from _role_files(stage, role, source, node.role(role))


def _role_files(stage: Stage, role: str, source: Source, found: dict[str, str]) -> Iterator[Difference]:
    left = set(found)
    for pattern, matched in _matched(source, found):
        if not matched:
            yield Difference(f"{role} of {stage.label} lack {source_path(source.prefix, pattern)}")
        file = source.files[pattern]
        for path in matched:
            left.discard(path)
            if file.sha256 and found[path] != file.sha256:
                words = f"{role} of {stage.label} changed: {source_path(source.prefix, path)}"
                yield Difference(words if file.may_change else f"{words}, which is pinned", file.may_change)
    for path in sorted(left):
        yield Difference(f"{role} of {stage.label} have a new file: {source_path(source.prefix, path)}")


def _matched(source: Source, found: dict[str, str]) -> Iterator[tuple[str, list[str]]]:
    """Pattern -> the paths that it matches; most patterns are one path, which need not be looked for."""
    escaped = {escape(path): path for path in found}
    for pattern in sorted(source.files):
        if pattern in escaped:
            yield pattern, [escaped[pattern]]
        else:
            yield pattern, sorted(path for path in found if fnmatchcase(path, pattern))


def _same(one: Any, other: Any) -> bool:
    """Whether two settings are the same JSON; a truth value is no number."""
    if isinstance(one, (str, int)):
        return type(one) is type(other) and bool(one == other)
    return _written(one) == _written(other)


def _written(value: Any) -> str:
    try:
        return canonical_json(value).decode()
    except MalformedJson:
        return repr(value)


def _short(value: Any) -> str:
    text = _written(value)
    return text if len(text) <= _SHORT else f"{text[:_SHORT]}..."
