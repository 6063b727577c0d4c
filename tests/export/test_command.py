"""`pedigree export` as its users call it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from export.staged import build_staged
from pedigree.cli.export import _FORMATS
from pedigree.cli.main import main
from pedigree.cli.verdicts import BY_ITSELF
from pedigree.export.formats import FORMATS
from trust.builder import build_release

KEY = "attestations/keys/signer.pub"


@pytest.fixture
def release(pristine: Path, tmp_path: Path) -> Path:
    """A copy of the release, to be changed."""
    return Path(shutil.copytree(pristine, tmp_path / "release"))


def arguments(release: Path, form: str, *more: str) -> list[str]:
    return ["export", str(release), "--key", str(release / KEY), "--format", form, *more]


def test_the_command_offers_every_format() -> None:
    assert tuple(FORMATS) == _FORMATS


@pytest.mark.parametrize("form", FORMATS)
def test_two_exports_are_one_byte_for_byte_whatever_the_process(
    pristine: Path, uri: str, tmp_path: Path, form: str
) -> None:
    # The same records sealed again by the same key, read by another process with another order of its sets.
    again = build_staged(tmp_path / "again", uri)
    texts = set()
    for seed, release in enumerate((pristine, pristine, again)):
        search = os.pathsep.join(os.path.abspath(path) for path in sys.path if path)
        environment = {"PYTHONPATH": search, "PYTHONHASHSEED": str(seed + 1), "TZ": f"UTC+{seed}", "LANG": "C"}
        command = [sys.executable, "-m", "pedigree.cli.main", *arguments(release, form)]
        done = subprocess.run(command, capture_output=True, env=environment, check=True, cwd=tmp_path)
        assert done.stderr.decode() == BY_ITSELF
        texts.add(done.stdout)
    (text,) = texts
    assert text.endswith(b"\n")


def test_output_goes_to_a_file(pristine: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    output = tmp_path / "trace.csv"
    assert main(arguments(pristine, "trace-csv", "--output", str(output))) == 0
    assert capfdbinary.readouterr().out == b""
    assert main(arguments(pristine, "trace-csv")) == 0
    assert capfdbinary.readouterr().out == output.read_bytes()


def test_what_does_not_hold_exits_with_1_and_writes_nothing(
    release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (release / "added").write_text("")
    output = tmp_path / "bill.json"
    assert main(arguments(release, "cyclonedx", "--output", str(output))) == 1
    said = capsys.readouterr()
    assert said.out == "" and not output.exists()
    assert "error: the release does not hold" in said.err and "(8) the files on disk" in said.err
    assert "added is missing, was changed, or was added" in said.err and "hint: " in said.err


@pytest.mark.parametrize("path", ["lineage.json", "attestations/root.layout", KEY, "MODEL_CARD.md", "model.sig"])
@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe\x00", b"[" * 100_000, b'{"a":1,"a":2}', b" " * (32 << 20)],
    ids=["empty", "truncated", "not UTF-8", "deep", "double", "huge"],
)
def test_malformed_truncated_and_huge_files_are_told_without_a_traceback(
    release: Path, path: str, content: bytes, capsys: pytest.CaptureFixture[str], pristine: Path
) -> None:
    (release / path).write_bytes(content)
    key = str(pristine / KEY)
    assert main(["export", str(release), "--key", key, "--format", "spdx"]) == 1
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith("error: ") and "Traceback" not in said.err


def test_a_key_that_is_none_is_a_wrong_call(pristine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(pristine), "--key", str(pristine / "VERIFY.md"), "--format", "spdx"]) == 2
    assert "is not a public key in PEM" in capsys.readouterr().err


def test_a_directory_that_is_none_is_a_wrong_call(pristine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = ["export", str(pristine / "missing"), "--key", str(pristine / KEY), "--format", "spdx"]
    assert main(missing) == 2
    assert "is not a directory" in capsys.readouterr().err


def test_an_empty_directory_is_no_release(pristine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(tmp_path), "--key", str(pristine / KEY), "--format", "spdx"]) == 1
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("where", ["bill.json", "model/bill.json", "../release/bill.json"])
def test_output_into_the_release_is_a_wrong_call(release: Path, where: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments(release, "cyclonedx", "--output", str(release / where))) == 2
    assert "lies in the release" in capsys.readouterr().err
    assert not (release / where).exists()


def test_output_that_cannot_be_written_is_a_wrong_call(
    pristine: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments(pristine, "trace-csv", "--output", str(tmp_path / "no" / "such" / "file"))) == 2
    assert "No such file or directory" in capsys.readouterr().err


@pytest.mark.parametrize("form", FORMATS)
def test_a_release_from_before_there_were_traces_is_exported(uri: str, tmp_path: Path, form: str) -> None:
    release = build_release(tmp_path / "work", uri)
    assert main(arguments(release, form, "--output", str(tmp_path / "out"))) == 0
    assert (tmp_path / "out").stat().st_size
