"""What the report of an evaluation says of the delivered model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pedigree.trust.errors import MalformedEvidence


@dataclass(frozen=True)
class Gate:
    """A bound on a metric.

    Attributes:
        metric: What was measured.
        comparison: `>=` or `<=`.
        threshold: What had to be reached, a decimal.
        value: What was reached, a decimal.
        passed: Whether it was met; a release that holds has no other.
    """

    metric: str
    comparison: str
    threshold: str
    value: str
    passed: bool


@dataclass(frozen=True)
class Metric:
    """One metric of the delivered model.

    Attributes:
        name: What was measured.
        value: A decimal.
        lower: Lower bound of the value; empty where the report has none.
        upper: Upper bound of the value; empty where the report has none.
        gate: What had to hold, for instance `>= 0.80`; empty for a metric that is only reported.
    """

    name: str
    value: str
    lower: str
    upper: str
    gate: str


def read_gates(report: Mapping[str, Any], path: str) -> dict[str, Gate]:
    """The gates of a report by metric.

    Raises:
        MalformedEvidence: A part of a gate is not text, or a metric has two gates.
    """
    gates = [_gate(gate, path) for gate in report["gates"]]
    found = {gate.metric: gate for gate in gates}
    if len(found) != len(gates):
        raise MalformedEvidence(f"{path} has two gates for one metric")
    return dict(sorted(found.items()))


def read_metrics(report: Mapping[str, Any], gates: Mapping[str, Gate], path: str) -> list[Metric]:
    """The metrics of the last stage, which is the delivered model, by name; a gated one is there in any case.

    Raises:
        MalformedEvidence: A value or a bound is not text.
    """
    stages = report.get("stages", [])
    documents = stages[-1]["metrics"] if stages else {}
    found = []
    for name in sorted({*documents, *gates}):
        document, gate = documents.get(name, {}), gates.get(name)
        value = gate.value if gate else _text(document["value"], path)
        lower, upper = (_text(document.get(bound, ""), path) for bound in ("lower", "upper"))
        found.append(Metric(name, value, lower, upper, f"{gate.comparison} {gate.threshold}" if gate else ""))
    return found


def _gate(document: Mapping[str, Any], path: str) -> Gate:
    return Gate(
        metric=_text(document["metric"], path),
        comparison=_text(document["comparison"], path),
        threshold=_text(document["threshold"], path),
        value=_text(document["value"], path),
        passed=document["passed"] is True,
    )


def _text(value: object, path: str) -> str:
    if not isinstance(value, str):
        raise MalformedEvidence(f"{path} holds {value!r} where text must be")
    return value
