"""What authors say in a model card about its use and its limits, taken from the headings that usually hold it."""

from __future__ import annotations

import re
from collections.abc import Mapping

_HEADING = re.compile(r"^## +(.+?) *$", re.MULTILINE)
_ITEM = re.compile(r"^- ", re.MULTILINE)
USERS = ("intended users", "users")
USE = ("intended use", "use cases")
LIMITS = ("limits", "limitations", "technical limitations")


def sections(card: str) -> Mapping[str, str]:
    r"""Heading of the second level, in small letters -> the text below it; the first one of a name counts.

    >>> sections("# A model\n\n## Limits\n\nIt is small.\n")
    {'limits': 'It is small.'}
    """
    parts = _HEADING.split(card)
    found: dict[str, str] = {}
    for heading, text in zip(parts[1::2], parts[2::2], strict=True):
        found.setdefault(heading.lower(), text.strip())
    return found


def statements(card: str, headings: tuple[str, ...]) -> list[str]:
    """What stands below the first of these headings that the card has: list items, or paragraphs, each on one line."""
    found = sections(card)
    text = next((found[heading] for heading in headings if heading in found), "")
    parts = _ITEM.split(text) if text.startswith("- ") else text.split("\n\n")
    return [" ".join(part.split()) for part in parts if part.strip()]
