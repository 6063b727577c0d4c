from __future__ import annotations

from fractions import Fraction
from math import comb

import pytest

from evaluation.small import judged
from pedigree.evaluation.calibration import expected_calibration_error, reliability
from pedigree.evaluation.intervals import GRID, clopper_pearson
from pedigree.evaluation.metrics import Ratio
from pedigree.evaluation.selective import SelectivePoint, aurc, risk_coverage


@pytest.mark.parametrize(
    ("successes", "trials", "lower", "upper"),
    [
        # In closed form: for k = 0 the upper bound is 1 - 0.025 ** (1 / n), for k = n the lower one 0.025 ** (1 / n).
        (0, 10, 0.0, 1 - 0.025 ** (1 / 10)),
        (10, 10, 0.025 ** (1 / 10), 1.0),
        (0, 500, 0.0, 1 - 0.025 ** (1 / 500)),
        (1, 1, 0.025, 1.0),
        # In closed form for n = 2, k = 1: 1 - (1 - p) ** 2 = 0.025, and 1 - p ** 2 = 0.025.
        (1, 2, 1 - 0.975**0.5, 0.975**0.5),
        # The defining tail equations, solved apart from this code by bisection in exact fractions.
        (5, 10, 0.187086, 0.812914),
        (9, 10, 0.554984, 0.997471),
        (90, 100, 0.823777, 0.950995),
    ],
)
def test_clopper_pearson_agrees_with_what_is_known(successes: int, trials: int, lower: float, upper: float) -> None:
    found_lower, found_upper = clopper_pearson(Ratio(successes, trials))
    assert lower - 0.00011 <= float(found_lower) <= lower + 1e-6
    assert upper - 1e-6 <= float(found_upper) <= upper + 0.00011


def at_least(successes: int, trials: int, share: Fraction) -> Fraction:
    """Probability of at least so many successes, summed exactly."""
    terms = range(successes, trials + 1)
    return sum((comb(trials, i) * share**i * (1 - share) ** (trials - i) for i in terms), Fraction(0))


@pytest.mark.parametrize(("successes", "trials"), [(1, 3), (5, 10), (9, 10), (17, 40), (90, 100)])
def test_bounds_meet_their_definition_and_the_next_step_of_the_grid_does_not(successes: int, trials: int) -> None:
    """The definition itself, in exact fractions: 2.5 % lies beyond each bound."""
    lower, upper = clopper_pearson(Ratio(successes, trials))
    tail, step = Fraction(25, 1000), Fraction(1, GRID)
    assert at_least(successes, trials, lower) <= tail < at_least(successes, trials, lower + step)
    assert 1 - at_least(successes + 1, trials, upper) <= tail < 1 - at_least(successes + 1, trials, upper - step)


def test_bounds_mirror_each_other() -> None:
    for successes in range(0, 38, 3):
        lower, upper = clopper_pearson(Ratio(successes, 37))
        assert (1 - upper, 1 - lower) == clopper_pearson(Ratio(37 - successes, 37))


def test_of_nothing_nothing_is_known() -> None:
    assert clopper_pearson(Ratio(0, 0)) == (Fraction(0), Fraction(1))


def test_large_counts_are_no_burden() -> None:
    lower, upper = clopper_pearson(Ratio(4_600, 5_000))
    assert Fraction(9, 10) < lower < Fraction(92, 100) < upper < Fraction(93, 100)


CURVE = [
    judged("OK", "OK", "0.9"), judged("OK", "7.1", "0.8"), judged("7.1", "7.1", "0.6"),
    judged("OK", "ESCALATE", "0.99"),
]  # fmt: skip


def test_risk_coverage_starts_with_the_surest_answer_and_ends_where_the_model_withholds() -> None:
    assert risk_coverage(CURVE) == [
        SelectivePoint(Fraction(1, 4), Fraction(0)),
        SelectivePoint(Fraction(2, 4), Fraction(1, 2)),
        SelectivePoint(Fraction(3, 4), Fraction(1, 3)),
    ]


def test_aurc_is_the_mean_risk_over_the_answers() -> None:
    assert aurc(CURVE) == (Fraction(0) + Fraction(1, 2) + Fraction(1, 3)) / 3
    assert aurc([]) == aurc(CURVE[3:]) == 0


def test_equal_confidences_do_not_depend_on_order() -> None:
    tied = [judged("OK", answer, "0.7") for answer in ("OK", "7.1", "OK", "15.6")]
    assert risk_coverage(tied) == risk_coverage(tied[::-1]) == [SelectivePoint(Fraction(1), Fraction(1, 2))]


def test_calibration_error_by_hand() -> None:
    """Bin (0.8, 0.9]: mean 0.875, accuracy 1/2, gap 0.375, of 2 answers; bin (0.1, 0.2]: gap 0.8, of 1."""
    reviews = [judged("OK", "OK", "0.9"), judged("OK", "7.1", "0.85"), judged("OK", "OK", "0.2")]
    bins = reliability(reviews)
    assert [one.count for one in bins] == [0, 1, 0, 0, 0, 0, 0, 0, 2, 0]
    assert (bins[8].confidence, bins[8].accuracy) == (Fraction(7, 8), Fraction(1, 2))
    assert expected_calibration_error(bins) == (2 * Fraction(3, 8) + Fraction(4, 5)) / 3


def test_the_ends_of_the_scale_have_bins() -> None:
    bins = reliability([judged("OK", "OK", "0"), judged("OK", "OK", "1")])
    assert (bins[0].count, bins[9].count) == (1, 1)
    assert expected_calibration_error(reliability([])) == 0
