"""JSON values with their equal parts written once.

Statements of one release name the same code, packages and digests. In a pool each distinct part stands once and is
referred to by its place, so that ten thousand statements fit on a page.
"""

from __future__ import annotations

import json
from typing import Any

ARRAY = -1
SCALAR = -2


class Pool:
    """Collects values; `rows` and `shapes` are the table that they are read back from.

    Each row is JSON, to be parsed when it is asked for: a string as it is, a list as `[ARRAY, place of each item]`, an
    object as `[place of its keys in shapes, place of each value]`, anything else as `[SCALAR, value]`.
    """

    def __init__(self) -> None:
        self.rows: list[str] = []
        self.shapes: list[list[str]] = []
        self._place: dict[str, int] = {}
        self._shape: dict[tuple[str, ...], int] = {}
        self._items: dict[str, int] = {}

    def add(self, value: Any) -> int:
        """The place of a value, which is added unless an equal one is there."""
        if isinstance(value, str):
            return self._put(_text(value))
        if isinstance(value, dict):
            keys = tuple(sorted(value))
            if (shape := self._shape.setdefault(keys, len(self.shapes))) == len(self.shapes):
                self.shapes.append(list(keys))
            row = (shape, *(self.add(value[key]) for key in keys))
        elif isinstance(value, (list, tuple)):
            row = (ARRAY, *map(self._item, value))
        else:
            return self._put(f"[{SCALAR},{json.dumps(value)}]")
        return self._put(f"[{','.join(map(str, row))}]")

    def _item(self, value: Any) -> int:
        """As `add`, for what most often was there before: one look at the whole instead of one at each part."""
        if not isinstance(value, dict):
            return self.add(value)
        if (place := self._items.get(text := _text(value))) is None:
            place = self._items[text] = self.add(value)
        return place

    def _put(self, row: str) -> int:
        place = self._place.setdefault(row, len(self.rows))
        if place == len(self.rows):
            self.rows.append(row)
        return place


_text = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode
