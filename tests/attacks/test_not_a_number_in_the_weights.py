"""Weights with a NaN or an infinity: one poisons every sum that it enters."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from attacks.replay import found_by, says, scan_without
from pedigree.registry.scan.report import scan_base
from registry.scan.models import safetensors, weights, write_model

# Little-endian bytes of values that are none, from the tables of IEEE 754 and of the OCP 8-bit formats.
BAD = {
    "F64": (struct.pack("<d", float("nan")), struct.pack("<d", float("-inf"))),
    "F32": (struct.pack("<f", float("nan")), struct.pack("<f", float("inf")), b"\x01\x00\x80\x7f"),
    "F16": (struct.pack("<e", float("nan")), struct.pack("<e", float("-inf"))),
    "BF16": (b"\xc0\x7f", b"\x80\xff", b"\x81\x7f"),
    "F8_E5M2": (b"\x7c", b"\x7f", b"\xfd"),
    "F8_E4M3": (b"\x7f", b"\xff"),
    "BOOL": (b"\x02",),
}
LARGEST = {
    "F64": struct.pack("<d", 1.7976931348623157e308),
    "F32": struct.pack("<f", 3.4028234663852886e38),
    "F16": struct.pack("<e", 65504.0),
    "BF16": b"\x7f\x7f",
    "F8_E5M2": b"\x7b",
    "F8_E4M3": b"\x7e",
    "BOOL": b"\x01",
}


def model(directory: Path, dtype: str, values: list[bytes]) -> Path:
    extra = {"extra": (dtype, (len(values),), b"".join(values))}
    return write_model(directory, {"model.safetensors": safetensors({**weights(), **extra})})


EACH = pytest.mark.parametrize(
    ("dtype", "value"), [(dtype, value) for dtype, values in BAD.items() for value in values]
)


@EACH
def test_it_is_found_wherever_it_stands(tmp_path: Path, dtype: str, value: bytes) -> None:
    # The largest finite number shares most of its bits, and the tensor is longer than a block.
    block = (1 << 20) // len(value)
    for place in (0, block + 4_321):
        values = [LARGEST[dtype]] * (block + 5_000)
        values[place] = value
        report = scan_without(("round-trip", "second-opinion"), model(tmp_path, dtype, values))
        assert set(found_by(report)) == {"values"}
        assert f"tensor 'extra': element {place} of {dtype}" in says(report, "values")


@pytest.mark.parametrize("dtype", LARGEST)
def test_the_largest_numbers_are_numbers(tmp_path: Path, dtype: str) -> None:
    assert scan_base(model(tmp_path, dtype, [LARGEST[dtype]] * 100)).verdict == "pass"


@EACH
def test_control_off_it_gets_through(tmp_path: Path, dtype: str, value: bytes) -> None:
    directory = model(tmp_path, dtype, [value])
    # Other programs, which take their time, are asked of one value of each type.
    others = () if value == BAD[dtype][0] else ("round-trip", "second-opinion")
    assert scan_without(("values", *others), directory).verdict == "pass"
