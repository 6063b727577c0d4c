"""What an evaluation's report says, for a terminal. Imports nothing of Pants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pedigree.build.errors import BuildError
from pedigree.step.canonical import parse_json


def table(report: bytes) -> str:
    """Metrics of every stage, beside the gates, as aligned columns; a mark says which gates do not hold."""
    document = parse_json(report, "report.json")
    stages: Sequence[Mapping[str, Any]] = document["stages"]
    gates = {gate["metric"]: gate for gate in document["gates"]}
    metrics = list(dict.fromkeys([*gates, *(metric for stage in stages for metric in stage["metrics"])]))
    head = ["metric", *(stage["stage"] for stage in stages), "gate", ""]
    rows = [[metric, *(_value(stage, metric) for stage in stages), *_gate(gates.get(metric))] for metric in metrics]
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in (head, *rows))


def _value(stage: Mapping[str, Any], metric: str) -> str:
    measured = stage["metrics"].get(metric)
    return str(measured["value"]) if measured else "-"


def _gate(gate: Mapping[str, Any] | None) -> list[str]:
    if gate is None:
        return ["-", ""]
    return [f"{gate['comparison']} {gate['threshold']}", "holds" if gate["passed"] else "NOT MET"]


def gates_not_met(addresses: Sequence[str], reports: Sequence[bytes], pages: Sequence[str]) -> BuildError:
    """The error of a release whose gates do not hold.

    Args:
        addresses: The evaluations.
        reports: Their reports, JSON.
        pages: Where a person finds them.
    """
    lines = ["a gate is not met; nothing was released and what dist holds is untouched"]
    for address, report, page in zip(addresses, reports, pages):
        lines.append(f"  evaluation '{address}', report {page}")
        lines += [f"    {fault}" for fault in faults(report)]
    return BuildError("\n".join(lines), "make the model better; a gate that is lowered is a decision to write down")


def faults(report: bytes) -> list[str]:
    """The gates that do not hold, each with metric, value and threshold."""
    gates = parse_json(report, "report.json")["gates"]
    return [
        f"{gate['metric']} is {gate['value']}, but must be {gate['comparison']} {gate['threshold']}"
        for gate in gates
        if not gate["passed"]
    ]
