"""Canonical JSON: one value, one byte string.

Signed or machine-read JSON has sorted keys, no insignificant space, decimals as strings, and duplicate keys are
refused when read. Floats are refused when written, because their shortest form is not the same in every language.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
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
        if not _is_plain(value):
            _refuse_floats(value, "$")
        return _ENCODER.encode(value).encode()
    except UnicodeEncodeError as error:
        raise MalformedJson("holds half a surrogate pair, which UTF-8 cannot write") from error
    except RecursionError as error:
        raise MalformedJson("is nested too deeply") from error


def parse_canonical(data: bytes, origin: str) -> Any:
    """Parse JSON that must be written as `canonical_json` writes it: many times as fast as to parse and then compare.

    A document with a duplicate key or with stray space is not what its own value is written as, and no float passes the
    parser, so that one comparison shows all that `parse_json` and `canonical_json` look for.

    Args:
        data: The document.
        origin: What to call it in an error.

    Raises:
        MalformedJson: The document is not strict JSON, or is written in another way.
    """
    try:
        text = data.decode()
        value = _CANONICAL.decode(text)
        is_canonical = _is_written(value, text)
    except (ValueError, RecursionError) as error:
        parse_json(data, origin)  # what is not JSON at all is told as such
        raise MalformedJson(f"{origin} is not canonical JSON: {error}") from error
    if not is_canonical:
        parse_json(data, origin)  # and so is a duplicate key
        raise MalformedJson(f"{origin} is not canonical JSON")
    return value


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


def _is_written(value: Any, text: str) -> bool:
    """Whether `text` is what a parsed value is written as. Piece by piece: a copy of a large document is larger yet."""
    at = 0
    for piece in _pieces(value, _DEEP if len(text) > _LARGE else 0):
        if not text.startswith(piece, at):
            return False
        at += len(piece)
    return at == len(text)


def _pieces(value: Any, depth: int) -> Iterator[str]:
    if depth and isinstance(value, dict) and value:
        for number, key in enumerate(sorted(value)):
            yield f"{',' if number else '{'}{_PARSED.encode(key)}:"
            yield from _pieces(value[key], depth - 1)
        yield "}"
    elif depth and isinstance(value, list) and value:
        for start in range(0, len(value), _AT_ONCE):
            yield "," if start else "["
            yield _PARSED.encode(value[start : start + _AT_ONCE])[1:-1]
        yield "]"
    else:
        yield _PARSED.encode(value)


def _unique_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        repeated = min(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise ValueError(f"duplicate key {repeated!r}")
    return result


def _refuse_constant(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _refuse_float(number: str) -> Any:
    raise ValueError(f"{number} is a float; decimals are written as strings")


def _is_plain(value: Any) -> bool:
    """Whether a value is made of what JSON has words for, and of nothing derived from it; says not where it is not."""
    kind = type(value)
    if kind is dict:
        return all(type(key) is str for key in value) and all(map(_is_plain, value.values()))
    if kind is list or kind is tuple:
        return all(map(_is_plain, value))
    return kind is str or kind is int or kind is bool or value is None


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


def _encoder(check_circular: bool) -> json.JSONEncoder:
    return json.JSONEncoder(
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        allow_nan=False,
        check_circular=check_circular,
    )


_LARGE = 1 << 20
_DEEP = 2
_AT_ONCE = 64
_ENCODER = _encoder(check_circular=True)
_PARSED = _encoder(check_circular=False)  # what was parsed holds no circle
_CANONICAL = json.JSONDecoder(parse_float=_refuse_float, parse_constant=_refuse_constant)
