"""Gates of a report against those that a suite declares, and verdicts against figures."""

from __future__ import annotations

from typing import Any

import pytest

from pedigree.trust.errors import Refused
from pedigree.trust.evaluations import gate_lines
from pedigree.trust.gates import require_declared_gates
from pedigree.trust.graph import Node


def suite(**gates: object) -> Node:
    return Node("evals.x", "evals/x", "eval_suite", "pedigree.evaluation.suite", {"gates": gates}, {}, {}, {})


def gate(metric: str, bound: str, value: str, passed: bool = True) -> dict[str, Any]:
    comparison, threshold = bound.split()
    return {"metric": metric, "comparison": comparison, "threshold": threshold, "value": value, "passed": passed}


def report(*gates: dict[str, Any], **counts: tuple[int, int]) -> dict[str, Any]:
    figures = {metric: {"numerator": part, "denominator": whole} for metric, (part, whole) in counts.items()}
    stages = {"stages": [{"stage": "base", "metrics": {}}, {"stage": "model", "metrics": figures}]} if counts else {}
    return {"gates": list(gates), **stages}


def result(document: dict[str, Any]) -> dict[str, Any]:
    return {"passedTests": gate_lines(document), "failedTests": []}


def held(node: Node, document: dict[str, Any]) -> int:
    return require_declared_gates(node, document, result(document))


def test_gates_that_are_declared_and_met_are_counted() -> None:
    document = report(gate("a", ">= 0.80", "0.8000"), gate("b", "<= 0.10", "0.0500"))
    assert held(suite(a=">= 0.80", b="<= 0.10"), document) == 2
    assert held(suite(), report()) == 0


def test_counts_decide_where_decimals_are_rounded() -> None:
    """7,999,600 of 10,000,000 is 0.79996, which is written 0.8000 and is below 0.80."""
    below = {"a": (7_999_600, 10_000_000)}
    assert held(suite(a=">= 0.80"), report(gate("a", ">= 0.80", "0.8000", passed=False), **below)) == 1
    with pytest.raises(Refused, match="says of a >= 0.80: 0.8000 what its own figures do not"):
        held(suite(a=">= 0.80"), report(gate("a", ">= 0.80", "0.8000"), **below))


@pytest.mark.parametrize("shown", ["0.9999", "0.667", "0.66666", "0.6666", "2/3", "0"])
def test_the_figure_that_is_shown_is_the_rounded_share_of_its_counts(shown: str) -> None:
    """2 of 3 is 0.66667, to four digits; a gate of 0.50 is met by that and by most of what could be shown instead."""
    counts = {"a": (2, 3)}
    assert held(suite(a=">= 0.50"), report(gate("a", ">= 0.50", "0.6667"), **counts)) == 1
    with pytest.raises(Refused, match=f"says a >= 0.50: {shown}, but counts 2 of 3, which is 0.6667"):
        held(suite(a=">= 0.50"), report(gate("a", ">= 0.50", shown), **counts))


def test_a_share_of_nothing_meets_no_gate() -> None:
    assert held(suite(a="<= 0.10"), report(gate("a", "<= 0.10", "0", passed=False), a=(0, 0))) == 1
    with pytest.raises(Refused, match="what its own figures do not"):
        held(suite(a="<= 0.10"), report(gate("a", "<= 0.10", "0"), a=(0, 0)))


@pytest.mark.parametrize(
    ("declared", "gates", "told"),
    [
        ({"a": ">= 0.80"}, [], "declares >= 0.80 for a, and the report was held to no gate"),
        ({}, [gate("a", ">= 0.80", "0.9")], "declares no gate for a, and the report was held to >= 0.80"),
        ({"a": ">= 0.8"}, [gate("a", ">= 0.80", "0.9")], "declares >= 0.8 for a"),
        ({"a": ">= 0.80"}, [gate("a", ">= 0.80", "0.9")] * 2, "two gates for one metric"),
        ({"a": "> 0.80"}, [gate("a", "> 0.80", "0.9")], "has a gate that is none: a > 0.80"),
        ({"a": ">= 0.80"}, [gate("a", ">= 0.80", "0.7")], "what its own figures do not"),
    ],
)
def test_other_gates_than_the_declared_ones_are_refused(
    declared: dict[str, str], gates: list[dict[str, Any]], told: str
) -> None:
    with pytest.raises(Refused, match=told):
        held(suite(**declared), report(*gates))


def test_a_test_result_that_tells_of_other_gates_is_refused() -> None:
    document = report(gate("a", ">= 0.80", "0.9"))
    for lines in ([], ["a >= 0.80: 0.95"], [*gate_lines(document), "b >= 0.5: 0.9"]):
        with pytest.raises(Refused, match="tells of other gates than its report"):
            require_declared_gates(suite(a=">= 0.80"), document, {"passedTests": lines, "failedTests": []})
