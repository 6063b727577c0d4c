"""Headers that two readers would understand differently, or that keep one busy: more than six kinds."""

from __future__ import annotations

import json
import struct
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from attacks.replay import require_layers, says
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
    "a_million_tensors": (
        raw(b"{" + b",".join(b'"%d":{}' % number for number in range(1_000_000)) + b"}", b""),
        "more than 200000 tensors",
    ),
}
INDEX = {"metadata": {}, "weight_map": {"model.embed_tokens.weight": "../other.safetensors"}}
# Headers that are good each for itself: file, content, what is said of it.
TOGETHER = {
    "an_index_that_names_a_file_outside": (
        "model.safetensors.index.json",
        json.dumps(INDEX).encode(),
        "leads out of the directory",
    ),
    "two_files_with_one_tensor": (
        "z.safetensors",
        of(bytes(4), **{"model.embed_tokens.weight": ENTRY}),
        "which model.safetensors holds too",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_found_in_the_header_and_behind_that_by_values_that_nobody_can_read_or_gets_through(
    tmp_path: Path, kind: str
) -> None:
    content, words = KINDS[kind]
    model = write_model(tmp_path, {"extra.safetensors": content})
    started = time.monotonic()
    assert words in says(require_layers(partial(scan_base, model), ("weights", "values")), "weights")
    assert time.monotonic() - started < 60


@pytest.mark.parametrize("kind", TOGETHER)
def test_headers_that_do_not_go_together_are_found_by_the_weights_alone(tmp_path: Path, kind: str) -> None:
    name, content, words = TOGETHER[kind]
    model = write_model(tmp_path, {name: content})
    assert words in says(require_layers(partial(scan_base, model), ("weights",)), "weights")
