"""Clopper-Pearson bounds on a share, with the standard library.

C. J. Clopper, E. S. Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial",
Biometrika 26 (1934), 404-413. The bounds are found on a grid of 1/10000 and rounded outwards, in decimal arithmetic,
so they are conservative and the same on every machine.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, localcontext
from fractions import Fraction

from pedigree.evaluation.metrics import Ratio

GRID = 10_000
_DIGITS = 60
_TAIL = Decimal("0.025")
"""Half of what lies outside a two-sided 95 % interval."""


def clopper_pearson(ratio: Ratio) -> tuple[Fraction, Fraction]:
    """The exact two-sided 95 % interval of a share; (0, 1) of nothing.

    The lower bound is the greatest share under which as many successes have a probability of at most 2.5 %; the upper
    bound is the smallest under which as few have.
    """
    k, n = ratio.numerator, ratio.denominator
    with localcontext() as context:
        context.prec = _DIGITS
        lower = 0 if k == 0 else _first(lambda step: _at_most(n - k, n, GRID - step) > _TAIL) - 1
        upper = GRID if k == n else _first(lambda step: _at_most(k, n, step) <= _TAIL)
    return Fraction(max(lower, 0), GRID), Fraction(upper, GRID)


def _first(holds: Callable[[int], bool]) -> int:
    """The smallest step of the grid for which a monotone condition holds."""
    low, high = 0, GRID
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low


def _at_most(k: int, n: int, step: int) -> Decimal:
    """Probability of at most `k` successes in `n` trials, each with probability `step / GRID`."""
    if step == 0:
        return Decimal(1)
    if step == GRID:
        return Decimal(1 if k == n else 0)
    p = Decimal(step) / GRID
    odds = p / (1 - p)
    term = total = (1 - p) ** n
    for successes in range(k):
        term = term * (n - successes) * odds / (successes + 1)
        total += term
    return total
