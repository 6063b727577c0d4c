"""Whether the gates of a report are those that its suite declares, and its verdicts what its own figures say.

Gates that are changed when the result is known show here: the suite's settings are in its provenance, the gates that
were held are in the report that the judge wrote, and what was told of them is in the signed test result.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from pedigree.step.decimals import share
from pedigree.step.gate import split_gate
from pedigree.trust.errors import Refused
from pedigree.trust.evaluations import gate_lines
from pedigree.trust.graph import Node
from pedigree.trust.plan import GATES

_HOLDS: dict[str, Callable[[Fraction, Fraction], bool]] = {">=": operator.ge, "<=": operator.le}


def require_declared_gates(suite: Node, report: Mapping[str, Any], result: Mapping[str, Any]) -> int:
    """Hold a report against the suite that it was judged by, and a test result against the report.

    Args:
        suite: The step that declared the gates.
        report: The report, as it was judged.
        result: The predicate of the signed test result.

    Returns:
        How many gates there are.

    Raises:
        Refused: A gate is another than was declared, a figure does not follow from the counts or a verdict from the
            figures, or the test result tells of other gates than the report.
    """
    declared, held = dict(suite.config.get(GATES, {})), _held(report)
    for metric in sorted(declared.keys() | held.keys()):
        if declared.get(metric) != held.get(metric):
            was, now = declared.get(metric, "no gate"), held.get(metric, "no gate")
            raise Refused(f"suite '{suite.address}' declares {was} for {metric}, and the report was held to {now}")
    for gate in report[GATES]:
        if gate["passed"] is not _passes(gate, report):
            raise Refused(f"the report says of {_line(gate)} what its own figures do not")
    if [*result["passedTests"], *result["failedTests"]] != gate_lines(report):
        raise Refused(f"the test result of suite '{suite.address}' tells of other gates than its report")
    return len(held)


def _held(report: Mapping[str, Any]) -> dict[str, str]:
    """Metric -> gate, as a BUILD file writes it."""
    held = {gate["metric"]: f"{gate['comparison']} {gate['threshold']}" for gate in report[GATES]}
    if len(held) != len(report[GATES]):
        raise Refused("the report has two gates for one metric")
    return held


def _passes(gate: Mapping[str, Any], report: Mapping[str, Any]) -> bool:
    """Whether what was measured meets a gate; a share of nothing meets none."""
    if split_gate(f"{gate['comparison']} {gate['threshold']}") is None:
        raise Refused(f"the report has a gate that is none: {_line(gate)}")
    measured = _measured(gate, report)
    return measured is not None and _HOLDS[gate["comparison"]](measured, Fraction(gate["threshold"]))


def _measured(gate: Mapping[str, Any], report: Mapping[str, Any]) -> Fraction | None:
    """The share behind a gate: by its counts where the report has them, because decimals are rounded.

    People read the decimal, so it must be the one that the counts give.
    """
    stages = report.get("stages")
    figures = stages[-1]["metrics"][gate["metric"]] if stages else {}
    if "denominator" not in figures:
        return Fraction(gate["value"])
    numerator, denominator = int(figures["numerator"]), int(figures["denominator"])
    if gate["value"] != share(numerator, denominator):
        counts = f"{numerator} of {denominator}, which is {share(numerator, denominator)}"
        raise Refused(f"the report says {_line(gate)}, but counts {counts}")
    return Fraction(numerator, denominator) if denominator else None


def _line(gate: Mapping[str, Any]) -> str:
    """A gate with what was reached."""
    return gate_lines({GATES: [gate]})[0]
