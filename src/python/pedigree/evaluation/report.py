"""The report of an evaluation as a document: what `report.json` holds and `report.html` shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from pedigree.evaluation.calibration import expected_calibration_error, reliability
from pedigree.evaluation.gates import Gate
from pedigree.evaluation.intervals import clopper_pearson
from pedigree.evaluation.items import COMPLETION, ESCALATE, REVIEW, Judged, of_task
from pedigree.evaluation.metrics import Ratio, measure
from pedigree.evaluation.selective import aurc, risk_coverage, withhold
from pedigree.step.decimals import decimal, share

SCHEMA = "pedigree.evaluation/1"
_UNCLEAR = "other"


@dataclass(frozen=True)
class StageResult:
    """One model of an evaluation.

    Attributes:
        stage: Its label.
        given: Its answers, in the order of the items.
        judged: The same with unsure verdicts withheld.
        given_metrics: What the suite measures, with every answer counted as it was given.
        metrics: The same with unsure verdicts withheld; what gates are about.
    """

    stage: str
    given: Sequence[Judged]
    judged: Sequence[Judged]
    given_metrics: Mapping[str, Ratio]
    metrics: Mapping[str, Ratio]

    @classmethod
    def measure(cls, stage: str, given: Sequence[Judged], below: Fraction, metrics: Sequence[str]) -> StageResult:
        """Measure what a suite asks for, with and without verdicts of less confidence than `below`."""
        judged = withhold(given, below)
        return cls(
            stage,
            given,
            judged,
            {name: measure(name, given) for name in metrics},
            {name: measure(name, judged) for name in metrics},
        )


def build_report(
    suite: Mapping[str, Any],
    gates: Sequence[Gate],
    stages: Sequence[StageResult],
    abstain_below: str,
    separation: Mapping[str, Any],
) -> dict[str, Any]:
    """The report; the last stage is the model that the gates are for.

    Args:
        suite: The suite.
        gates: What must hold.
        stages: What was measured.
        abstain_below: Confidence under which a verdict counts as withheld.
        separation: The training sets that were found to share nothing with the sealed sets, and the models of which
            nobody knows what they were trained on.
    """
    model = stages[-1]
    reviews, given = of_task(model.judged, REVIEW), of_task(model.given, REVIEW)
    judged_gates = [_gate(gate, model.metrics[gate.metric]) for gate in gates]
    return {
        "schema": SCHEMA,
        "suite": suite.get("name", ""),
        "sets": suite.get("sets", []),
        "separate_from": separation["trained"],
        "not_compared": separation["not_compared"],
        "model": model.stage,
        "abstain_below": abstain_below,
        "stages": [_stage(stage) for stage in stages],
        "gates": judged_gates,
        "passed": all(gate["passed"] for gate in judged_gates),
        "confusion": confusion(reviews),
        "labels": label_accuracy(reviews),
        "risk_coverage": [
            {"coverage": decimal(point.coverage), "risk": decimal(point.risk)} for point in risk_coverage(given)
        ],
        "calibration": _calibration(given),
        "completion_failures": _failures(of_task(model.judged, COMPLETION)),
    }


def confusion(reviews: Sequence[Judged]) -> dict[str, dict[str, int]]:
    """Label -> answer -> how often; an answer that is no label of the suite counts as `other`."""
    labels = {one.item.label for one in reviews} | {ESCALATE}
    table: dict[str, Counter[str]] = {}
    for one in reviews:
        answer = one.answer.text if one.answer.text in labels else _UNCLEAR
        table.setdefault(one.item.label, Counter())[answer] += 1
    return {label: dict(sorted(answers.items())) for label, answers in sorted(table.items())}


def label_accuracy(reviews: Sequence[Judged]) -> dict[str, dict[str, int]]:
    """Label -> how many items it has, how many were answered right, and how many withheld."""
    table: dict[str, dict[str, int]] = {}
    for one in reviews:
        row = table.setdefault(one.item.label, {"items": 0, "right": 0, "withheld": 0})
        row["items"] += 1
        row["right"] += one.right
        row["withheld"] += one.answer.text == ESCALATE
    return dict(sorted(table.items()))


def metric_document(ratio: Ratio) -> dict[str, Any]:
    """A measured metric with its counts and its 95 % bounds."""
    lower, upper = clopper_pearson(ratio)
    return {
        "value": share(ratio.numerator, ratio.denominator),
        "numerator": ratio.numerator,
        "denominator": ratio.denominator,
        "lower": decimal(lower),
        "upper": decimal(upper),
    }


def _stage(stage: StageResult) -> dict[str, Any]:
    reviews = of_task(stage.given, REVIEW)
    return {
        "stage": stage.stage,
        "metrics": {name: metric_document(ratio) for name, ratio in stage.metrics.items()},
        "without_threshold": {name: metric_document(ratio) for name, ratio in stage.given_metrics.items()},
        "aurc": decimal(aurc(reviews)),
        "ece": decimal(expected_calibration_error(reliability(reviews))),
    }


def _gate(gate: Gate, ratio: Ratio) -> dict[str, Any]:
    return {
        "metric": gate.metric,
        "comparison": gate.comparison,
        "threshold": gate.threshold,
        "value": share(ratio.numerator, ratio.denominator),
        "passed": gate.is_met(ratio),
    }


def _calibration(reviews: Sequence[Judged]) -> dict[str, Any]:
    bins = reliability(reviews)
    return {
        "ece": decimal(expected_calibration_error(bins)),
        "aurc": decimal(aurc(reviews)),
        "bins": [
            {
                "from": decimal(one.start),
                "to": decimal(one.end),
                "count": one.count,
                "confidence": decimal(one.confidence),
                "accuracy": decimal(one.accuracy),
            }
            for one in bins
        ],
    }


def _failures(completions: Sequence[Judged]) -> dict[str, int]:
    """Why completions fail, in words without the place: `use of undeclared identifier` -> how often."""
    kinds = Counter(_kind(one) for one in completions if not one.right)
    return dict(sorted(kinds.items()))


def _kind(one: Judged) -> str:
    if one.compiles:
        return one.why
    return one.why if one.why.startswith("a completion must") else "does not compile"
