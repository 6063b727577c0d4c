"""An archive inside of a file that is none: a reader of archives finds the one, the scanner of names the other."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from attacks.replay import require_layers, says
from pedigree.registry.scan.report import scan_base
from registry.scan.models import safetensors, weights, write_model


def zipped(inner: bytes = b"cos\nsystem\n(S'true'\ntR.") -> bytes:
    """An archive with a pickle in it, as a checkpoint of torch is one."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("archive/data.pkl", inner)
    return content.getvalue()


def zip_named_json() -> tuple[str, bytes]:
    return "extra.json", zipped()


def zip_in_a_zip_named_text() -> tuple[str, bytes]:
    return "extra.txt", zipped(zipped())


def gzip_named_text() -> tuple[str, bytes]:
    return "extra.txt", gzip.compress(b"cos\nsystem\n(S'true'\ntR.")


def tar_named_text() -> tuple[str, bytes]:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("data.pkl"))
    return "extra.txt", content.getvalue()


def zip_at_the_end_of_good_weights() -> tuple[str, bytes]:
    archive = zipped()
    return "model.safetensors", safetensors({**weights(), "w": ("U8", (len(archive),), archive)})


def tar_of_good_weights() -> tuple[str, bytes]:
    """The header of the weights is that of a tar archive too: its numbers stand in the metadata."""
    empty = b'{"__metadata__":{"x":"'
    text = bytearray(b" " * 512)
    for place, field in ((100, b"0000644 "), (108, b"0000000 "), (116, b"0000000 "), (124, b"00000000000 "),
                         (136, b"00000000000 ")):  # fmt: skip
        text[place : place + len(field)] = field
    length = 1000
    entry = json.dumps({"w": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}})[1:].encode()
    raw = bytearray(length.to_bytes(8, "little") + empty + text[8 + len(empty) :] + b'"},' + entry)
    raw += b" " * (8 + length - len(raw)) + b"\x00"
    raw[148:156] = b" " * 8  # the checksum is over spaces in its own place
    raw[148:156] = f"{sum(raw[:512]):06o} ".encode() + b" "
    return "model-00002-of-00002.safetensors", bytes(raw)


# What finds it. A zip archive has its list at its end, where the second opinion looks for it; one that is named JSON
# cannot be read as settings either, and one within another is opened by nobody.
FORMS: tuple[tuple[Callable[[], tuple[str, bytes]], tuple[str, ...]], ...] = (
    (zip_named_json, ("formats", "remote-code", "second-opinion")),
    (zip_in_a_zip_named_text, ("formats",)),
    (gzip_named_text, ("formats",)),
    (tar_named_text, ("formats",)),
    (zip_at_the_end_of_good_weights, ("formats", "second-opinion")),
    (tar_of_good_weights, ("formats",)),
)


@pytest.mark.parametrize(("form", "controls"), FORMS)
def test_it_is_found_by_its_format_and_with_that_off_by_what_is_behind_it_or_it_gets_through(
    tmp_path: Path, form: Callable[[], tuple[str, bytes]], controls: tuple[str, ...]
) -> None:
    name, content = form()
    report = require_layers(partial(scan_base, write_model(tmp_path, {name: content})), controls)
    kind = form.__name__.partition("_")[0]
    assert name in says(report, "formats") and kind in says(report, "formats")


def test_of_a_zip_archive_the_second_opinion_finds_the_pickle_in_it(tmp_path: Path) -> None:
    name, content = zip_at_the_end_of_good_weights()
    assert "os.system" in says(scan_base(write_model(tmp_path, {name: content})), "second-opinion")


def test_readers_of_archives_do_open_what_is_good_weights_too(tmp_path: Path) -> None:
    (tmp_path / "zip").write_bytes(zip_at_the_end_of_good_weights()[1])
    assert zipfile.ZipFile(tmp_path / "zip").namelist() == ["archive/data.pkl"]
    (tmp_path / "tar").write_bytes(tar_of_good_weights()[1])
    assert tarfile.is_tarfile(tmp_path / "tar")
