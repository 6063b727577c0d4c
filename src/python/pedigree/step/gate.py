"""How a gate is written: a comparison and a decimal in [0, 1], for instance `>= 0.90`.

BUILD files are checked against this before anything runs, and suites when they are built.
"""

from __future__ import annotations

import re

_GATE = re.compile(r"(>=|<=) (0(?:\.[0-9]{1,9})?|1(?:\.0{1,9})?)")


def split_gate(text: str) -> tuple[str, str] | None:
    """Comparison and threshold of a gate; None when the text is none.

    >>> split_gate(">= 0.90")
    ('>=', '0.90')
    >>> split_gate(">= 90") is None
    True
    """
    match = _GATE.fullmatch(text)
    return (match[1], match[2]) if match else None
