"""Which template belongs to which split: by template and group, never by sample.

Within a group, templates are ranked by the SHA-256 of the draw and their name. The first fifth is sealed, the next
eighth is for development, the rest is for training; no one chose which. So that every meaning can be learned at all, a
group keeps most of its templates for training.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable

SPLITS = ("train", "dev", "sealed")
DRAW = "2026-11-21"
"""Another draw is another split: it is changed when a score on the sealed sets was seen before a gate was fixed."""
TWIN = "-ok"
"""Ends the name of a pair's compliant side, which goes where the other side goes."""


def split_of(names_and_groups: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Template name -> `train`, `dev` or `sealed`.

    A group of n templates, a pair counted once, gives max(1, n // 5) to the sealed split, and max(1, n // 8) to
    development when n >= 4.
    """
    groups: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for name, group in names_and_groups:
        groups[group][name.removesuffix(TWIN)].append(name)
    result: dict[str, str] = {}
    for families in groups.values():
        ranked = sorted(families, key=lambda family: hashlib.sha256(f"{DRAW} {family}".encode()).hexdigest())
        sealed = max(1, len(ranked) // 5)
        dev = max(1, len(ranked) // 8) if len(ranked) >= 4 else 0
        for rank, family in enumerate(ranked):
            split = "sealed" if rank < sealed else "dev" if rank < sealed + dev else "train"
            result |= dict.fromkeys(families[family], split)
    return result
