"""How far a value lies from most of its like, in a measure that the outliers themselves do not move."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

_NORMAL = 0.6745  # the 75th percentile of the standard normal distribution: makes the score one of standard deviations


def robust_scores(values: Sequence[float], plain: float) -> list[float]:
    """Modified z-scores: distance from the median by the median distance (Iglewicz and Hoaglin, 1993, section 3.4).

    Args:
        values: At least one.
        plain: A distance that is nothing out of the ordinary, in the place of a median distance that is smaller.

    >>> [round(score, 1) for score in robust_scores([1.0, 1.1, 0.9, 1.0, 9.0], 0.1)]
    [0.0, 0.7, -0.7, 0.0, 54.0]
    """
    middle = median(values)
    spread = max(median(abs(value - middle) for value in values), plain)
    return [_NORMAL * (value - middle) / spread for value in values]
