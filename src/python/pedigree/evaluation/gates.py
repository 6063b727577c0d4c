"""Gates: thresholds that a metric has to meet, or the build stops."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from pedigree.evaluation.metrics import Ratio, find_metric
from pedigree.step.errors import ToolError
from pedigree.step.gate import split_gate

_COMPARISONS: dict[str, Callable[[Fraction, Fraction], bool]] = {">=": operator.ge, "<=": operator.le}


@dataclass(frozen=True)
class Gate:
    """A bound on one metric.

    Attributes:
        metric: Name of the metric.
        comparison: `>=` or `<=`.
        threshold: A decimal in [0, 1], as it was written.
    """

    metric: str
    comparison: str
    threshold: str

    def is_met(self, ratio: Ratio) -> bool:
        """Compare exactly: 9 of 10 meets `>= 0.90`. A share of nothing meets no gate."""
        met = _COMPARISONS[self.comparison](ratio.value, Fraction(self.threshold))
        return ratio.denominator > 0 and met

    def __str__(self) -> str:
        return f"{self.comparison} {self.threshold}"


def parse_gate(metric: str, text: Any) -> Gate:
    """Read a gate as a BUILD file writes it.

    >>> str(parse_gate("review_coverage", ">= 0.80"))
    '>= 0.80'

    Raises:
        ToolError: There is no such metric, or the text is not a comparison with a decimal in [0, 1].
    """
    find_metric(metric)
    parts = split_gate(text) if isinstance(text, str) else None
    if parts is None:
        raise ToolError(
            f"gate {text!r} of metric '{metric}' is not a bound on a share",
            'write a comparison and a decimal in [0, 1], for instance ">= 0.90"',
        )
    return Gate(metric, *parts)


def parse_gates(gates: Mapping[str, Any]) -> list[Gate]:
    """Read the gates of a suite, sorted by metric."""
    return [parse_gate(metric, gates[metric]) for metric in sorted(gates)]


def unmet(gates: Sequence[Gate], measured: Mapping[str, Ratio]) -> list[Gate]:
    """The gates that the measured metrics do not meet."""
    return [gate for gate in gates if not gate.is_met(measured[gate.metric])]
