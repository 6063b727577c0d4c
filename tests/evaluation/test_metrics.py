from __future__ import annotations

from fractions import Fraction

import pytest

from evaluation.small import judged
from pedigree.evaluation.gates import parse_gate, unmet
from pedigree.evaluation.metrics import METRICS, Ratio, measure
from pedigree.step.errors import ToolError

REVIEWS = [
    judged("15.6", "15.6"), judged("7.1", "15.6"), judged("OK", "OK"), judged("12.1", "ESCALATE"),
    judged("ESCALATE", "ESCALATE"), judged("ESCALATE", "OK"),
]  # fmt: skip


def test_accuracy_counts_what_was_answered_and_an_answer_to_an_ambiguous_item_is_wrong() -> None:
    assert measure("review_accuracy_among_answered", REVIEWS) == Ratio(2, 4)


def test_coverage_counts_answers_to_items_that_can_be_judged() -> None:
    assert measure("review_coverage", REVIEWS) == Ratio(3, 4)


def test_escalation_counts_ambiguous_items() -> None:
    assert measure("review_escalation", REVIEWS) == Ratio(1, 2)


def test_completions_are_counted_apart_from_reviews() -> None:
    completions = [judged("x", "x", task="completion", compiles=True),
                   judged("x", "y", task="completion", compiles=True),
                   judged("x", "z", task="completion")]  # fmt: skip
    assert measure("completion_compiles", [*REVIEWS, *completions]) == Ratio(2, 3)
    assert measure("completion_passes", [*REVIEWS, *completions]) == Ratio(1, 3)


def test_abstaining_on_everything_meets_neither_accuracy_nor_coverage() -> None:
    withheld = [judged(label, "ESCALATE") for label in ("15.6", "OK", "ESCALATE")]
    gates = [parse_gate("review_accuracy_among_answered", ">= 0.0"), parse_gate("review_coverage", ">= 0.80")]
    assert measure("review_accuracy_among_answered", withheld).value == 0
    assert unmet(gates, {gate.metric: measure(gate.metric, withheld) for gate in gates}) == gates


def test_a_gate_compares_exactly() -> None:
    gate = parse_gate("review_coverage", ">= 0.90")
    assert gate.is_met(Ratio(9, 10))
    assert not gate.is_met(Ratio(8_999_999_999, 10_000_000_000))
    assert parse_gate("review_coverage", "<= 0.3").is_met(Ratio(3, 10))
    assert not parse_gate("review_coverage", "<= 0.3").is_met(Ratio(31, 100))
    assert parse_gate("review_coverage", "<= 1").is_met(Ratio(1, 1))


@pytest.mark.parametrize(
    "text", ["0.9", ">= 90", ">= 1.5", "== 0.9", "< 0.9", ">=0.9", ">= .9", ">= 0.9 or so", "", 0.9, None, ">= nan"]
)
def test_a_gate_that_is_no_bound_on_a_share_is_refused(text: object) -> None:
    with pytest.raises(ToolError, match="review_coverage"):
        parse_gate("review_coverage", text)


def test_an_unknown_metric_is_refused_and_the_known_ones_are_named() -> None:
    with pytest.raises(ToolError, match="unknown metric 'f1'") as caught:
        parse_gate("f1", ">= 0.9")
    assert "review_coverage" in caught.value.hint


def test_every_metric_says_what_it_means() -> None:
    assert len(METRICS) == 5
    assert all(metric.meaning.endswith(".") for metric in METRICS.values())
    assert Ratio(2, 3).value == Fraction(2, 3)
