"""How shares are written in reports: decimals of four digits, which verifiers derive anew from the counts beside them.

Reports that are signed were rounded in this way; so it stays as it is.
"""

from __future__ import annotations

from fractions import Fraction

DIGITS = 4


def decimal(value: Fraction, digits: int = DIGITS) -> str:
    """A number that is not negative as a decimal string, rounded half to even.

    >>> decimal(Fraction(2, 3))
    '0.6667'
    """
    scaled = round(value * 10**digits)
    return f"{scaled // 10**digits}.{scaled % 10**digits:0{digits}d}"


def share(numerator: int, denominator: int) -> str:
    """A share by its counts; that of nothing is written `0`.

    >>> share(9, 10), share(0, 0)
    ('0.9000', '0')
    """
    return decimal(Fraction(numerator, denominator)) if denominator else "0"
