from __future__ import annotations

from fractions import Fraction

import pytest

from pedigree.step.decimals import decimal, share


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Fraction(0), "0.0000"),
        (Fraction(1), "1.0000"),
        (Fraction(2, 3), "0.6667"),
        (Fraction(1, 20_000), "0.0000"),  # halfway between 0 and 0.0001: to the even one
        (Fraction(3, 20_000), "0.0002"),
        (Fraction(5, 2), "2.5000"),
    ],
)
def test_a_number_is_rounded_half_to_even(value: Fraction, written: str) -> None:
    assert decimal(value) == written
    assert share(value.numerator, value.denominator) == written


def test_a_share_of_nothing_is_no_division() -> None:
    assert share(0, 0) == "0"
