"""Calibration: how often an answer is right, beside how sure the model was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from pedigree.evaluation.items import Judged

BINS = 10


@dataclass(frozen=True)
class ReliabilityBin:
    """The answers whose confidence lies in one tenth of the scale.

    Attributes:
        start: Lower end of the bin, which is not part of it (that of the first bin is).
        end: Upper end of the bin, which is part of it.
        count: How many answers lie in it.
        confidence: Their mean confidence; 0 when there are none.
        accuracy: The share of them that is right; 0 when there are none.
    """

    start: Fraction
    end: Fraction
    count: int
    confidence: Fraction
    accuracy: Fraction


def reliability(reviews: Sequence[Judged]) -> list[ReliabilityBin]:
    """Ten bins of equal width over the confidences as the model gave them (no temperature).

    An ESCALATE is an answer here: it is right when the item is labelled so.
    """
    members: list[list[Judged]] = [[] for _ in range(BINS)]
    for one in reviews:
        members[max(ceil(one.answer.confidence * BINS) - 1, 0)].append(one)
    return [_bin(index, group) for index, group in enumerate(members)]


def expected_calibration_error(bins: Sequence[ReliabilityBin]) -> Fraction:
    """Mean gap between confidence and accuracy, each bin weighted by its answers; 0 when there are none.

    M. P. Naeini, G. F. Cooper, M. Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning",
    AAAI 2015.
    """
    total = sum(one.count for one in bins)
    gaps = (one.count * abs(one.confidence - one.accuracy) for one in bins)
    return sum(gaps, Fraction(0)) / total if total else Fraction(0)


def _bin(index: int, group: Sequence[Judged]) -> ReliabilityBin:
    size = max(len(group), 1)
    confidence = sum((one.answer.confidence for one in group), Fraction(0)) / size
    accuracy = Fraction(sum(1 for one in group if one.right), size)
    return ReliabilityBin(Fraction(index, BINS), Fraction(index + 1, BINS), len(group), confidence, accuracy)
