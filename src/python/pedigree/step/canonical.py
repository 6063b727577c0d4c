"""Canonical JSON: one value, one byte string.

Signed or machine-read JSON has sorted keys, no insignificant space, decimals as strings, and duplicate keys are
refused when read. Floats are refused when written, because their shortest form is not the same in every language.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any


class MalformedJson(ValueError):
    """A document is not JSON, or is JSON that two readers could understand differently."""


def canonical_json(value: Any) -> bytes:
    """Serialise `value` to UTF-8 JSON with sorted keys and no insignificant space.

    Raises:
        MalformedJson: `value` holds a float, half a surrogate pair, or something that JSON has no word for.
    """
    try:
        _refuse_floats(value, "$")
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError as error:
        raise MalformedJson("holds half a surrogate pair, which UTF-8 cannot write") from error
    except RecursionError as error:
        raise MalformedJson("is nested too deeply") from error


def parse_json(text: str | bytes, origin: str) -> Any:
    """Parse JSON and refuse duplicate keys, NaN and infinities.

    Args:
        text: The document.
        origin: What to call it in an error, for instance `models/x.json:12`.

    Raises:
        MalformedJson: The document is not strict JSON.
    """
    try:
        return json.loads(text, object_pairs_hook=_unique_pairs, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise MalformedJson(f"{origin} is not valid JSON: {error}") from error


def read_json(path: Path) -> Any:
    """Read a JSON document from a file, as strictly as `parse_json`."""
    return parse_json(path.read_bytes(), str(path))


def _unique_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        repeated = min(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise ValueError(f"duplicate key {repeated!r}")
    return result


def _refuse_constant(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _refuse_floats(value: Any, where: str) -> None:
    if isinstance(value, float):
        raise MalformedJson(f"{where} is the float {value!r}; write decimals as strings")
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise MalformedJson(f"{where} has the key {key!r}, which is not a string")
            _refuse_floats(item, f"{where}.{key}")
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            _refuse_floats(item, f"{where}[{index}]")
    elif value is not None and not isinstance(value, (str, int, bool)):
        raise MalformedJson(f"{where} is a {type(value).__name__}, which JSON has no word for")
