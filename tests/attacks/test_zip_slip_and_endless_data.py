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
from pathlib import Path

import pytest

from attacks.replay import found_by, says, scan_without
from pedigree.registry.scan.report import scan_base
from registry.scan.models import write_model

TIB = 1 << 40


def slipping() -> bytes:
    """An archive whose member would land beside the directory that it is unpacked into."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("../evil.json", "{}")
    return content.getvalue()


@pytest.mark.parametrize("name", ["model.zip", "extra.json"])
def test_an_archive_is_found_by_its_format_and_is_not_unpacked(tmp_path: Path, name: str) -> None:
    report = scan_base(write_model(tmp_path / "model", {name: slipping()}))
    assert found_by(report)["formats"] == "refuse" and "zip archive" in says(report, "formats")
    assert not (tmp_path / "evil.json").exists()


def test_control_off_an_archive_gets_through(tmp_path: Path) -> None:
    assert scan_without("formats", write_model(tmp_path / "model", {"model.zip": slipping()})).verdict == "pass"


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
    assert found_by(report)["limits"] == "refuse" and report.files == {}


@pytest.mark.parametrize("fill", ["[", '{"a":', "1,", "[],", '"'])
def test_json_that_would_fill_the_memory_is_refused_within_a_gigabyte(tmp_path: Path, fill: str) -> None:
    model = write_model(tmp_path, {"bomb.json": b"[" + fill.encode() * ((60 << 20) // len(fill))})
    done = _scan_in(model, 1 << 30)
    assert done.returncode == 0, done.stderr
    assert "formats refuse" in done.stdout and "Traceback" not in done.stderr


def test_a_pipe_under_the_name_of_weights_does_not_keep_anybody_waiting(tmp_path: Path) -> None:
    model = write_model(tmp_path, {"model.safetensors": None})
    os.mkfifo(model / "model.safetensors")
    report = scan_base(model)
    assert found_by(report) == {"paths": "refuse", "formats": "refuse"}


def test_a_device_in_the_place_of_a_listed_file_is_not_opened(tmp_path: Path) -> None:
    from pedigree.registry.scan.subject import Unreadable, look_at

    subject = look_at(write_model(tmp_path))
    (tmp_path / "config.json").unlink()
    (tmp_path / "config.json").symlink_to("/dev/zero")
    with pytest.raises(Unreadable, match="cannot be opened"):
        subject.files["config.json"].read(1 << 20)


def _scan_in(model: Path, memory: int) -> subprocess.CompletedProcess[str]:
    """A scan in a process that gets so much memory and no more."""
    program = (
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
