"""Whether a file is true safetensors: a header that accounts for every byte, and nothing that could run.

The format: 8 bytes little-endian length of the header, the header (JSON), then the tensors' bytes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, BinaryIO

from pedigree.step.canonical import MalformedJson, parse_json

WIDTHS = {
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
"""Bytes of an element, by type."""

_LENGTH = 8
_LARGEST_HEADER = 100_000_000
_MOST_TENSORS = 200_000
_MOST_AXES = 8
_LARGEST_EXTENT = 2**63 - 1  # what a reader in C or Rust can count


class MalformedWeights(ValueError):
    """A file is not safetensors, or is safetensors that two readers could understand differently."""


@dataclass(frozen=True)
class Tensor:
    """Where one tensor lies in a file.

    Attributes:
        name: Its name.
        dtype: Its type, a key of `WIDTHS`.
        shape: Its extent along each axis.
        start: Its first byte, counted from the start of the file.
        stop: The byte after its last.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    start: int
    stop: int


def read_tensors(stream: BinaryIO, size: int) -> list[Tensor]:
    """The tensors of a well-formed file, in the order in which they lie in it.

    Args:
        stream: At the start of the file; is left behind the header.
        size: Bytes of the file.

    Raises:
        MalformedWeights: It is not well-formed.
    """
    raw = _raw_header(stream, size)
    first = _LENGTH + len(raw)
    tensors = [_tensor(name, entry, first) for name, entry in _header(raw)[0].items()]
    tensors.sort(key=lambda tensor: (tensor.start, tensor.stop))
    _check_extents(tensors, first, size)
    return tensors


def read_metadata(stream: BinaryIO, size: int) -> dict[str, str]:
    """What a file says of itself beside its tensors, in words of its own.

    Args:
        stream: At the start of the file; is left behind the header.
        size: Bytes of the file.

    Raises:
        MalformedWeights: Its header cannot be read.
    """
    return _header(_raw_header(stream, size))[1]


def _raw_header(stream: BinaryIO, size: int) -> bytes:
    prefix = stream.read(_LENGTH)
    length = int.from_bytes(prefix, "little")
    if len(prefix) < _LENGTH or not 2 <= length <= min(size - _LENGTH, _LARGEST_HEADER):
        raise MalformedWeights("its first 8 bytes are not the length of a header")
    return stream.read(length)


def _header(raw: bytes) -> tuple[dict[str, Any], dict[str, str]]:
    """Entries of tensors by name, and the metadata."""
    if raw[:1] != b"{":
        raise MalformedWeights("its header does not start with a brace")
    if raw.count(b"{") > _MOST_TENSORS + 2:
        raise MalformedWeights(f"its header names more than {_MOST_TENSORS} tensors")
    try:
        header = parse_json(raw.decode(), "its header")
    except (UnicodeDecodeError, MalformedJson) as error:
        raise MalformedWeights(f"its header cannot be read: {error}") from error
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise MalformedWeights("its metadata is not a dictionary of strings")
    return header, metadata


def _check_extents(tensors: list[Tensor], first: int, size: int) -> None:
    """Tensors must lie one after the other, from the first byte to the last."""
    end = first
    for tensor in tensors:
        if tensor.start < end:
            raise MalformedWeights(f"tensor '{tensor.name}' overlaps the one before it")
        if tensor.start > end:
            raise MalformedWeights(f"{tensor.start - end} bytes before tensor '{tensor.name}' belong to no tensor")
        end = tensor.stop
    if end > size:
        raise MalformedWeights(f"{end - size} bytes are missing at its end")
    if end < size:
        raise MalformedWeights(f"{size - end} bytes at its end belong to no tensor")


def _tensor(name: str, entry: Any, first: int) -> Tensor:
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise MalformedWeights(f"tensor '{name}' has not just dtype, shape and data_offsets")
    width = WIDTHS.get(entry["dtype"]) if isinstance(entry["dtype"], str) else None
    if width is None:
        raise MalformedWeights(f"tensor '{name}' is of the unknown type {entry['dtype']!r}")
    if not _naturals(entry["shape"]) or not _naturals(entry["data_offsets"]) or len(entry["data_offsets"]) != 2:
        raise MalformedWeights(f"tensor '{name}' has a shape or offsets that are not natural numbers")
    if len(entry["shape"]) > _MOST_AXES:
        raise MalformedWeights(f"tensor '{name}' has {len(entry['shape'])} axes, and none has more than {_MOST_AXES}")
    start, stop = entry["data_offsets"]
    # With a 0 among them the product says nothing of the others, which a reader may multiply first.
    if math.prod(max(extent, 1) for extent in entry["shape"]) * width > _LARGEST_EXTENT:
        raise MalformedWeights(f"tensor '{name}' has a shape that readers cannot count")
    wanted = math.prod(entry["shape"]) * width
    if stop - start != wanted:
        raise MalformedWeights(f"tensor '{name}' takes {stop - start} bytes, but its shape needs {wanted}")
    return Tensor(name, entry["dtype"], tuple(entry["shape"]), first + start, first + stop)


def _naturals(value: Any) -> bool:
    return isinstance(value, list) and all(type(item) is int and item >= 0 for item in value)
