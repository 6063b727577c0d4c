"""Whether a file is true safetensors: a header that accounts for every byte, and nothing that could run.

The format: 8 bytes little-endian length of the header, the header (JSON), then the tensors' bytes.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from pedigree.step.canonical import MalformedJson, parse_json

_WIDTHS = {
    "BOOL": 1,
    "U8": 1,
    "I8": 1,
    "F8_E4M3": 1,
    "F8_E5M2": 1,
    "I16": 2,
    "U16": 2,
    "F16": 2,
    "BF16": 2,
    "I32": 4,
    "U32": 4,
    "F32": 4,
    "I64": 8,
    "U64": 8,
    "F64": 8,
}
_LENGTH = 8
_LARGEST_HEADER = 100_000_000


class MalformedWeights(ValueError):
    """A file is not safetensors, or is safetensors that two readers could understand differently."""


def check_safetensors(path: Path) -> None:
    """Check that a file is well-formed.

    Raises:
        MalformedWeights: It is not; the message says what is wrong, without the file's name.
    """
    size = path.stat().st_size
    with path.open("rb") as stream:
        prefix = stream.read(_LENGTH)
        length = int.from_bytes(prefix, "little")
        if len(prefix) < _LENGTH or not 2 <= length <= min(size - _LENGTH, _LARGEST_HEADER):
            raise MalformedWeights("its first 8 bytes are not the length of a header")
        tensors = _header(stream.read(length))
    _check_extents(tensors, size - _LENGTH - length)


def _header(raw: bytes) -> dict[str, Any]:
    if raw[:1] != b"{":
        raise MalformedWeights("its header does not start with a brace")
    try:
        header = parse_json(raw.decode(), "its header")
    except (UnicodeDecodeError, MalformedJson) as error:
        raise MalformedWeights(f"its header cannot be read: {error}") from error
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise MalformedWeights("its metadata is not a dictionary of strings")
    tensors: dict[str, Any] = header
    return tensors


def _check_extents(tensors: dict[str, Any], available: int) -> None:
    """Tensors must lie one after the other, from the first byte to the last."""
    end = 0
    for name, (start, stop) in sorted(((name, _extent(name, entry)) for name, entry in tensors.items()), key=_place):
        if start < end:
            raise MalformedWeights(f"tensor '{name}' overlaps the one before it")
        if start > end:
            raise MalformedWeights(f"{start - end} bytes before tensor '{name}' belong to no tensor")
        end = stop
    if end > available:
        raise MalformedWeights(f"{end - available} bytes are missing at its end")
    if end < available:
        raise MalformedWeights(f"{available - end} bytes at its end belong to no tensor")


def _place(item: tuple[str, tuple[int, int]]) -> tuple[int, int]:
    return item[1]


def _extent(name: str, entry: Any) -> tuple[int, int]:
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise MalformedWeights(f"tensor '{name}' has not just dtype, shape and data_offsets")
    width = _WIDTHS.get(entry["dtype"]) if isinstance(entry["dtype"], str) else None
    if width is None:
        raise MalformedWeights(f"tensor '{name}' is of the unknown type {entry['dtype']!r}")
    if not _naturals(entry["shape"]) or not _naturals(entry["data_offsets"]) or len(entry["data_offsets"]) != 2:
        raise MalformedWeights(f"tensor '{name}' has a shape or offsets that are not natural numbers")
    start, stop = entry["data_offsets"]
    wanted = math.prod(entry["shape"]) * width
    if stop - start != wanted:
        raise MalformedWeights(f"tensor '{name}' takes {stop - start} bytes, but its shape needs {wanted}")
    return start, stop


def _naturals(value: Any) -> bool:
    return isinstance(value, list) and all(type(item) is int and item >= 0 for item in value)
