"""Headers that two readers would understand differently, or that keep one busy: more than six kinds."""

from __future__ import annotations

import json
import struct
import time
from pathlib import Path
from typing import Any

import pytest

from attacks.replay import found_by, says, scan_without
from pedigree.registry.scan.report import scan_base
from registry.scan.models import write_model

ENTRY: dict[str, Any] = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}


def raw(header: bytes, data: bytes) -> bytes:
    return struct.pack("<Q", len(header)) + header + data


def of(data: bytes, **tensors: dict[str, Any]) -> bytes:
    return raw(json.dumps(tensors).encode(), data)


KINDS = {
    "length_beyond_the_file": (struct.pack("<Q", 2**63) + b"{}", "not the length of a header"),
    "length_of_100_MB_and_more": (struct.pack("<Q", 100_000_001) + b"{}", "not the length of a header"),
    "no_object": (raw(b"[]", b""), "does not start with a brace"),
    "one_key_twice": (
        raw(b'{"a":' + json.dumps(ENTRY).encode() + b',"a":' + json.dumps(ENTRY).encode() + b"}", bytes(4)),
        "duplicate key 'a'",
    ),
    "overlap": (of(bytes(6), a=ENTRY, b={**ENTRY, "data_offsets": [2, 6]}), "overlaps"),
    "hole": (of(bytes(12), a=ENTRY, b={**ENTRY, "data_offsets": [8, 12]}), "4 bytes before tensor 'b'"),
    "trailing_bytes": (of(bytes(4) + b"more", a=ENTRY), "4 bytes at its end belong to no tensor"),
    "beyond_the_end": (of(bytes(2), a=ENTRY), "2 bytes are missing"),
    "shape_that_overflows": (of(b"", a={**ENTRY, "shape": [2**32, 2**32, 0], "data_offsets": [0, 0]}), "cannot count"),
    "negative_shape": (of(bytes(4), a={**ENTRY, "shape": [-1, -1]}), "not natural numbers"),
    "truth_as_a_number": (of(bytes(4), a={**ENTRY, "shape": [True]}), "not natural numbers"),
    "unknown_type": (of(bytes(4), a={**ENTRY, "dtype": "F31"}), "unknown type"),
    "more_than_a_tensor_says": (of(bytes(4), a={**ENTRY, "code": "x"}), "not just dtype"),
    "metadata_that_is_no_text": (raw(b'{"__metadata__":{"a":{}}}', b""), "metadata"),
    "a_hundred_axes": (of(bytes(4), a={**ENTRY, "shape": [1] * 100}), "100 axes"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_found_in_the_header(tmp_path: Path, kind: str) -> None:
    content, words = KINDS[kind]
    report = scan_base(write_model(tmp_path, {"extra.safetensors": content}))
    assert words in says(report, "weights")
    # What cannot be read has no values that anybody could vouch for.
    assert set(found_by(report)) == {"weights", "values"}


@pytest.mark.parametrize("kind", KINDS)
def test_control_off_it_gets_through(tmp_path: Path, kind: str) -> None:
    model = write_model(tmp_path, {"extra.safetensors": KINDS[kind][0]})
    assert scan_without(("weights", "values"), model).verdict == "pass"


def test_a_million_tensors_are_refused_at_once(tmp_path: Path) -> None:
    names = b",".join(b'"%d":{}' % number for number in range(1_000_000))
    started = time.monotonic()
    report = scan_without("second-opinion", write_model(tmp_path, {"extra.safetensors": raw(b"{" + names + b"}", b"")}))
    assert "more than 200000 tensors" in says(report, "weights")
    assert time.monotonic() - started < 30


def test_an_index_that_names_a_file_outside_is_refused(tmp_path: Path) -> None:
    index = {"metadata": {}, "weight_map": {"model.embed_tokens.weight": "../other.safetensors"}}
    report = scan_base(write_model(tmp_path, {"model.safetensors.index.json": json.dumps(index).encode()}))
    assert "leads out of the directory" in says(report, "weights") and set(found_by(report)) == {"weights"}


def test_two_files_with_one_tensor_are_refused(tmp_path: Path) -> None:
    twice = of(bytes(4), **{"model.embed_tokens.weight": ENTRY})
    report = scan_base(write_model(tmp_path, {"z.safetensors": twice}))
    assert "which model.safetensors holds too" in says(report, "weights")
