"""A checkpoint whose loading runs a command: as itself, under an allowed name, as text, and inside of good weights."""

from __future__ import annotations

import itertools
import json
import os
import pickle
import struct
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from attacks.replay import require_layers, says
from pedigree.registry.safetensors import read_tensors
from pedigree.registry.scan.report import scan_base
from registry.scan.models import write_model


class Gadget:
    """Makes a directory when it is unpickled; what an attacker does instead is up to them."""

    def __init__(self, mark: Path) -> None:
        self.mark = str(mark)

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (self.mark,)


def polyglot(code: bytes) -> bytes:
    """Well-formed safetensors that an unpickler reads as a row of short strings, and then as `code`.

    The length of the header, 7253 = 0x1C55, begins with the opcode of a string (0x55, U) of 28 bytes, which ends where
    the metadata begins. That is made of such strings (U, length, characters); the last of them ends with the header.
    """
    length, begin = 0x1C55, b'{"__metadata__":{"x":"'
    entry = {"dtype": "U8", "shape": [len(code)], "data_offsets": [0, len(code)]}
    end = b'"},"w":' + json.dumps(entry).encode() + b"}"
    room = length - len(begin)
    plain = [size for size in range(32, 127) if chr(size) not in '"\\']
    for last, other in itertools.product(plain, plain):
        if last >= len(end) and (room - (2 + last) - (2 + other)) % 128 == 0:
            break
    strings = [126] * ((room - (2 + last) - (2 + other)) // 128) + [other]
    words = b"".join(b"U" + bytes([size]) + b"." * size for size in strings) + b"U" + bytes([last]) + b"." * last
    header = begin + words[: room - len(end)] + end
    return struct.pack("<Q", length) + header + code


def as_checkpoint(mark: Path) -> tuple[str, bytes]:
    return "pytorch_model.bin", pickle.dumps(Gadget(mark), 4)


def under_the_name_of_weights(mark: Path) -> tuple[str, bytes]:
    return "extra.safetensors", pickle.dumps(Gadget(mark), 2)


def as_text(mark: Path) -> tuple[str, bytes]:
    return "merges.txt", pickle.dumps(Gadget(mark), 0)


def as_text_that_breaks_off(mark: Path) -> tuple[str, bytes]:
    return "notes.md", pickle.dumps(Gadget(mark), 0)[:-1] + b"\n\nNo pickle ends like this.\n"


def in_good_weights(mark: Path) -> tuple[str, bytes]:
    return "model-00002-of-00002.safetensors", polyglot(pickle.dumps(Gadget(mark), 2)[2:])


Form = Callable[[Path], tuple[str, bytes]]
# What finds it: weights and merges must be such, besides.
FORMS: tuple[tuple[Form, tuple[str, ...]], ...] = (
    (as_checkpoint, ("formats", "second-opinion")),
    (under_the_name_of_weights, ("formats", "weights", "values", "second-opinion")),
    (as_text, ("formats", "tokenizer", "second-opinion")),
    (as_text_that_breaks_off, ("formats", "second-opinion")),
    (in_good_weights, ("formats", "second-opinion")),
)


def loads(content: bytes) -> None:
    """What a loader does that believes it to be a pickle; what it made of it comes too late."""
    try:
        pickle.loads(content)
    except pickle.UnpicklingError:
        return


@pytest.mark.parametrize("form", [form for form, _ in FORMS])
def test_the_gadget_runs_when_it_is_loaded(tmp_path: Path, form: Form) -> None:
    loads(form(tmp_path / "ran")[1])
    assert (tmp_path / "ran").is_dir()


@pytest.mark.parametrize(("form", "controls"), FORMS)
def test_it_is_found_by_its_format_and_behind_that_by_the_second_opinion_or_gets_through_and_is_not_run(
    tmp_path: Path, form: Form, controls: tuple[str, ...]
) -> None:
    name, content = form(tmp_path / "ran")
    report = require_layers(partial(scan_base, write_model(tmp_path / "model", {name: content})), controls)
    assert report.verdict == "refuse" and name in says(report, "formats") and "pickle" in says(report, "formats")
    assert "picklescan" in says(report, "second-opinion") and "posix.mkdir" in says(report, "second-opinion")
    assert not (tmp_path / "ran").exists()


def test_the_polyglot_is_true_safetensors(tmp_path: Path) -> None:
    content = polyglot(b"code")
    (tmp_path / "x").write_bytes(content)
    with (tmp_path / "x").open("rb") as stream:
        (tensor,) = read_tensors(stream, len(content))
    assert content[tensor.start : tensor.stop] == b"code"
