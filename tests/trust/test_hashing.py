from __future__ import annotations

import os
from pathlib import Path

import pytest

from pedigree.step.digests import directory_files
from pedigree.trust.errors import Refused
from pedigree.trust.hashing import digests_of, plain_files


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    for number in range(20):
        path = tmp_path / "made" / f"d{number % 3}" / f"file-{number}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes([number]) * number * 100_000)
    (tmp_path / "made" / "empty").mkdir()
    return tmp_path / "made"


def test_digests_are_those_of_one_file_after_the_other(directory: Path) -> None:
    files = plain_files(directory)
    assert digests_of(directory, files) == directory_files(directory)
    assert list(files) == sorted(files)
    assert files["d1/file-19"] == 1_900_000


@pytest.mark.parametrize("kind", ["link to a file", "link to a directory", "pipe"])
def test_what_is_neither_a_file_nor_a_directory_is_refused(directory: Path, kind: str) -> None:
    path = directory / "d0" / "other"
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(directory / ("d1/file-19" if kind == "link to a file" else "d1"))
    with pytest.raises(Refused, match="d0/other is neither a file nor a directory"):
        plain_files(directory)


def test_a_file_that_cannot_be_read_is_refused_by_name(directory: Path) -> None:
    files = plain_files(directory)
    (directory / "d2" / "file-2").unlink()
    with pytest.raises(Refused, match="d2/file-2: No such file"):
        digests_of(directory, files)
