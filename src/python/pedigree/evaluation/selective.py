"""Selective prediction: what error is left when only the most confident answers are given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import groupby

from pedigree.evaluation.items import ESCALATE, REVIEW, Judged


@dataclass(frozen=True)
class SelectivePoint:
    """One point of a risk-coverage curve.

    Attributes:
        coverage: Share of all reviews that is answered, in (0, 1].
        risk: Share of wrong answers among these, in [0, 1].
    """

    coverage: Fraction
    risk: Fraction


def risk_coverage(reviews: Sequence[Judged]) -> list[SelectivePoint]:
    """The risk-coverage curve: one point for every confidence that occurs, from the highest to the lowest.

    Answers that the model withheld (ESCALATE) are never given, so the curve ends where the model itself stops. Answers
    of equal confidence are given together: the curve does not depend on the order of the items.
    """
    points, answered, wrong = [], 0, 0
    for _, group in groupby(_by_confidence(reviews), key=lambda one: one.answer.confidence):
        for one in group:
            answered += 1
            wrong += not one.right
        points.append(SelectivePoint(Fraction(answered, len(reviews)), Fraction(wrong, answered)))
    return points


def aurc(reviews: Sequence[Judged]) -> Fraction:
    """Area under the risk-coverage curve: the mean, over the answers given, of the risk when each is the last one.

    0 is perfect, also when nothing is answered. Y. Geifman, G. Uziel, R. El-Yaniv, "Bias-reduced uncertainty
    estimation for deep neural classifiers", ICLR 2019.
    """
    points = risk_coverage(reviews)
    if not points:
        return Fraction(0)
    area, before = Fraction(0), Fraction(0)
    for point in points:
        area += point.risk * (point.coverage - before)
        before = point.coverage
    return area / before


def _by_confidence(reviews: Sequence[Judged]) -> list[Judged]:
    answered = [one for one in reviews if one.answer.text != ESCALATE]
    return sorted(answered, key=lambda one: -one.answer.confidence)


def withhold(judged: Sequence[Judged], below: Fraction) -> list[Judged]:
    """Turn verdicts of less confidence than `below` into abstentions; completions stay.

    Who uses the model applies the same rule: it belongs to the model as its gate was set.
    """
    return [_withheld(one) if one.item.task == REVIEW and one.answer.confidence < below else one for one in judged]


def _withheld(one: Judged) -> Judged:
    return replace(one, answer=replace(one.answer, text=ESCALATE), right=one.item.label == ESCALATE)
