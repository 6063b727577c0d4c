"""What fills the disk, the memory or the day of whoever takes it in: nothing is unpacked or read for ever."""

from __future__ import annotations

import io
import os
import resource
import struct
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from attacks.replay import found_by, off, require_layers, says, scan_without
from pedigree.registry.scan import subject
from pedigree.registry.scan.report import scan_base
from registry.scan.models import write_model

TIB = 1 << 40


def slipping() -> bytes:
    """An archive whose member would land beside the directory that it is unpacked into."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("../evil.json", "{}")
    return content.getvalue()


# Under which name, and what finds it: what is named JSON cannot be read as settings either.
ARCHIVES = (("model.zip", ("formats",)), ("extra.json", ("formats", "remote-code")))


@pytest.mark.parametrize(("name", "controls"), ARCHIVES)
def test_an_archive_is_found_by_its_format_and_is_not_unpacked(
    tmp_path: Path, name: str, controls: tuple[str, ...]
) -> None:
    model = write_model(tmp_path / "model", {name: slipping()})
    assert "zip archive" in says(require_layers(partial(scan_base, model), controls), "formats")
    assert not (tmp_path / "evil.json").exists()


def endless_zeros(model: Path, size: int) -> None:
    """Weights of this size, of which the disk holds the header: all else are holes."""
    header = '{"w":{"dtype":"U8","shape":[%d],"data_offsets":[0,%d]}}'
    raw = (header % (size, size)).encode()
    with (model / "model-00002-of-00002.safetensors").open("wb") as stream:
        stream.write(struct.pack("<Q", len(raw)) + raw)
        stream.truncate(8 + len(raw) + size)


def test_a_terabyte_of_holes_is_found_by_its_size_at_once(tmp_path: Path) -> None:
    endless_zeros(write_model(tmp_path), TIB)
    started = time.monotonic()
    report = scan_base(tmp_path)
    assert found_by(report) == {"limits": "refuse"} and "claims 1.0 TiB" in says(report, "limits")
    assert "model-00002-of-00002.safetensors" not in report.files
    assert time.monotonic() - started < 30


def test_control_off_holes_get_through(tmp_path: Path) -> None:
    endless_zeros(write_model(tmp_path), 100 << 20)
    assert found_by(scan_base(tmp_path)) == {"limits": "refuse"}
    assert scan_without("limits", tmp_path).verdict == "pass"


def test_more_than_was_announced_is_found_and_not_read(tmp_path: Path) -> None:
    model = write_model(tmp_path)
    total = sum(path.stat().st_size for path in model.iterdir())
    assert scan_base(model, announced=total).verdict == "pass"
    report = scan_base(model, announced=total - 1)
    # Nothing is read any more, and so there are no weights either.
    assert found_by(report) == {"limits": "refuse", "formats": "refuse"} and report.files == {}
    with off("limits"):
        assert scan_base(model, announced=total - 1).verdict == "pass"


FILLS = pytest.mark.parametrize("fill", ["[", '{"a":', "1,", "[],", '"'])


def bomb(fill: str, size: int) -> dict[str, bytes | None]:
    return {"bomb.json": b"[" + fill.encode() * (size // len(fill))}


@FILLS
def test_json_that_would_fill_the_memory_is_refused_within_a_gigabyte(tmp_path: Path, fill: str) -> None:
    done = _scan_in(write_model(tmp_path, bomb(fill, 60 << 20)), 1 << 30)
    assert done.returncode == 0, done.stderr
    assert "formats refuse" in done.stdout and "Traceback" not in done.stderr


@FILLS
def test_control_off_json_that_nobody_can_read_is_found_by_what_looks_for_settings_or_gets_through(
    tmp_path: Path, fill: str
) -> None:
    require_layers(partial(scan_base, write_model(tmp_path, bomb(fill, 1 << 20))), ("formats", "remote-code"))


def test_control_off_many_small_values_fill_the_memory(tmp_path: Path) -> None:
    """The one control: that values are counted before objects are made of them; see above for how it finds them."""
    model = write_model(tmp_path, {"bomb.json": b"[" + b"[]," * 8_000_000 + b"[]]"})
    done = _scan_in(model, 400 << 20, "from pedigree.registry.scan import subject; subject._MOST_VALUES = 1 << 40")
    assert done.returncode != 0 and "MemoryError" in done.stderr


def test_a_pipe_under_the_name_of_weights_does_not_keep_anybody_waiting(tmp_path: Path) -> None:
    model = write_model(tmp_path, {"model.safetensors": None})
    os.mkfifo(model / "model.safetensors")
    require_layers(partial(scan_base, model), ("paths", "formats"))  # a pipe, and so no weights


def device_in_the_place_of_a_file(model: Path) -> subject.ModelFile:
    """A file that was listed, and is a link to endless zeros when it is opened."""
    listed = subject.look_at(write_model(model)).files["config.json"]
    (model / "config.json").unlink()
    (model / "config.json").symlink_to("/dev/zero")
    return listed


def test_a_device_in_the_place_of_a_listed_file_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(subject.Unreadable, match="cannot be opened"):
        device_in_the_place_of_a_file(tmp_path).read(1 << 20)


def test_with_links_followed_the_identity_finds_it_and_with_that_off_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = replace(device_in_the_place_of_a_file(tmp_path), linked=True)
    with pytest.raises(subject.Unreadable, match="has changed while it was looked at"):
        listed.read(1 << 20)
    monkeypatch.setattr(subject, "_identity", lambda _: ())
    with listed.open() as stream:
        assert stream.read(1 << 20) == bytes(1 << 20)


def _scan_in(model: Path, memory: int, before: str = "") -> subprocess.CompletedProcess[str]:
    """A scan in a process that gets so much memory and no more, after some other statements."""
    program = (
        f"{before}\n"
        "import sys; from pathlib import Path; from pedigree.registry.scan.report import scan_base\n"
        "for check in scan_base(Path(sys.argv[1])).checks: print(check.name, check.verdict)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    return subprocess.run(
        [sys.executable, "-c", program, str(model)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (memory, memory)),
    )
