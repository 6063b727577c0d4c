"""Numbers of bytes as people write them: powers of 1024, as `20M` or `1.5 GiB`."""

from __future__ import annotations

import re

_UNITS = ("", "K", "M", "G", "T")
_SIZE = re.compile(r"([0-9]+)([KMGT]?)")


def parse_bytes(text: str) -> int:
    """Read a positive number of bytes.

    Raises:
        ValueError: The text is none.

    >>> parse_bytes("20M")
    20971520
    """
    match = _SIZE.fullmatch(text)
    if match is None or not int(match[1]):
        raise ValueError(f"{text!r} is not a number of bytes, as 20M")
    return int(match[1]) << 10 * _UNITS.index(match[2])


def show_bytes(count: int) -> str:
    """Write a number of bytes.

    >>> show_bytes(1536), show_bytes(12)
    ('1.5 KiB', '12 B')
    """
    if count < 1024:
        return f"{count} B"
    power = min((count.bit_length() - 1) // 10, len(_UNITS) - 1)
    return f"{count / (1 << 10 * power):.1f} {_UNITS[power]}iB"
