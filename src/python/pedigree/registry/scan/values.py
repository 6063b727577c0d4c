"""Check `values`: no NaN, no infinity, no truth value but 0 and 1.

Standard library alone, because steps that pin a model run it, and still faster than the files can be hashed: of most
numbers one byte is looked at. An exponent of ones is what makes a number infinite or none, and where no high byte could
hold one, none does; that is two searches for a byte in every n-th byte of a block.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from pedigree.registry.safetensors import MalformedWeights, Tensor
from pedigree.registry.scan.findings import Finding, refuse
from pedigree.registry.scan.subject import ModelFile, Subject, Unreadable
from pedigree.registry.scan.weights import tensors_of

CLAIM = "every weight is a number"

_BLOCK = 1 << 20  # fits in the second-level cache; a multiple of every width


@dataclass(frozen=True)
class _Kind:
    """How numbers of a type that are none look: each of these bytes is of its set, all at once.

    Attributes:
        width: Bytes of a number.
        bytes: Place in the number -> table of `bytes.translate` with 1 for the values of the set and 0 for all others.
    """

    width: int
    bytes: dict[int, bytes]


def _table(holds: Callable[[int], bool]) -> bytes:
    return bytes(holds(value) for value in range(256))


_ONES = _table(lambda value: value & 0x7F == 0x7F)
# Little-endian, so that sign and exponent come last. Sources: IEEE 754-2019 3.4; OCP 8-bit floating point 1.0, table 1.
_KINDS = {
    "F64": _Kind(8, {7: _ONES, 6: _table(lambda value: value & 0xF0 == 0xF0)}),
    "F32": _Kind(4, {3: _ONES, 2: _table(lambda value: value & 0x80 == 0x80)}),
    "BF16": _Kind(2, {1: _ONES, 0: _table(lambda value: value & 0x80 == 0x80)}),
    "F16": _Kind(2, {1: _table(lambda value: value & 0x7C == 0x7C)}),
    "F8_E5M2": _Kind(1, {0: _table(lambda value: value & 0x7C == 0x7C)}),
    "F8_E4M3": _Kind(1, {0: _ONES}),  # without infinities
    "BOOL": _Kind(1, {0: _table(lambda value: value > 1)}),
}


def check_values(subject: Subject) -> Iterator[Finding]:
    """The first such value of each tensor."""
    for file in subject.with_suffix(".safetensors"):
        try:
            yield from _file_findings(file)
        except (MalformedWeights, Unreadable) as error:
            yield refuse(file.name, f"its values cannot be looked at: {error}")


def _file_findings(file: ModelFile) -> Iterator[Finding]:
    tensors = tensors_of(file)
    with file.open() as stream:
        for tensor in tensors:
            place = _first_bad(stream, tensor)
            if place is not None:
                what = (
                    "a truth value that is neither 0 nor 1" if tensor.dtype == "BOOL" else "no number, or is infinite"
                )
                yield refuse(file.name, f"element {place} of {tensor.dtype} is {what}", f"tensor '{tensor.name}'")


def _first_bad(stream: BinaryIO, tensor: Tensor) -> int | None:
    """Index of the first element that is none, in the order of the file; None when all are."""
    kind = _KINDS.get(tensor.dtype)
    if kind is None:
        return None
    stream.seek(tensor.start)
    for start in range(tensor.start, tensor.stop, _BLOCK):
        block = stream.read(min(_BLOCK, tensor.stop - start))
        place = _first_in(block, kind)
        if place is not None:
            return (start - tensor.start) // kind.width + place
    return None


def _first_in(block: bytes, kind: _Kind) -> int | None:
    matches = -1
    for place, table in kind.bytes.items():
        plane = block[place :: kind.width].translate(table)
        if b"\x01" not in plane:
            return None
        # A byte of 1 stays where all planes have one: one AND of two long numbers for a whole block.
        matches &= int.from_bytes(plane, "little")
    return ((matches & -matches).bit_length() - 1) // 8 if matches else None
