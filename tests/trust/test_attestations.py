from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from pedigree.step.errors import ToolError
from pedigree.trust import attestations
from pedigree.trust.attestations import read_attestations, write_attestation
from pedigree.trust.errors import Refused
from pedigree.trust.reading import LARGEST, read_plainly

GIBIBYTE = 1 << 30


def sparse(path: Path, size: int) -> None:
    """A file that has a size but no blocks."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as stream:
        stream.truncate(size)


def test_evidence_is_read_and_what_else_lies_there_is_left_alone(tmp_path: Path) -> None:
    for path in ("root/1.json", "snapshot.json", "approvals/a/entry.json", "revocations/b", "layouts/c"):
        write_attestation(tmp_path, path, path.encode())
    sparse(tmp_path / "log.sqlite", GIBIBYTE)
    write_attestation(tmp_path, "keys/builders/pool.pub", b"of another reader")
    found = read_attestations(tmp_path)
    assert sorted(found) == ["approvals/a/entry.json", "layouts/c", "revocations/b", "root/1.json", "snapshot.json"]
    assert all(data == path.encode() for path, data in found.items())


def test_a_directory_that_is_not_there_is_a_wrong_call_and_an_empty_one_holds_nothing(tmp_path: Path) -> None:
    assert read_attestations(tmp_path) == {}
    with pytest.raises(ToolError, match="is not a directory"):
        read_attestations(tmp_path / "missing")


@pytest.mark.parametrize("path", ["snapshot.json", "approvals/a/scan.json"])
def test_a_file_of_a_gigabyte_is_refused_before_it_is_read(tmp_path: Path, path: str) -> None:
    sparse(tmp_path / path, GIBIBYTE)
    program = (
        "import sys; from pathlib import Path; from pedigree.trust.attestations import read_attestations\n"
        "from pedigree.trust.errors import Refused\n"
        "try: read_attestations(Path(sys.argv[1]))\n"
        "except Refused as refused: print(refused)\n"
    )

    def bound() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (GIBIBYTE // 2, GIBIBYTE // 2))

    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path],
        env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=bound,
    )
    assert (done.stdout, done.stderr) == (f"{path} is larger than {LARGEST} bytes; evidence is not\n", "")


def test_a_file_may_be_as_large_as_the_limit_and_no_larger(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 9)
    assert read_plainly(tmp_path / "file", "it", 9) == b"x" * 9
    with pytest.raises(Refused, match="it is larger than 8 bytes"):
        read_plainly(tmp_path / "file", "it", 8)


def test_many_files_are_not_more_together_than_memory_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attestations, "MOST", 10)
    for number in range(3):
        write_attestation(tmp_path, f"layouts/{number}", b"1234")
    with pytest.raises(Refused, match="layouts/2 is larger than 2 bytes"):
        read_attestations(tmp_path)
    monkeypatch.setattr(attestations, "MOST_FILES", 1)
    with pytest.raises(Refused, match="more than 1 files"):
        read_attestations(tmp_path)


@pytest.mark.parametrize("place", ["approvals", "approvals/a", "approvals/a/entry.json", "snapshot.json"])
def test_links_are_refused_wherever_they_are(tmp_path: Path, place: str) -> None:
    outside = tmp_path / "outside"
    write_attestation(outside, "file", b"{}")
    link = tmp_path / "attestations" / place
    link.parent.mkdir(parents=True)
    link.symlink_to(outside / "file" if place.endswith(".json") else outside)
    with pytest.raises(Refused, match=place):
        read_attestations(tmp_path / "attestations")


def test_pipes_and_names_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "layouts").mkdir()
    os.mkfifo(tmp_path / "layouts" / "pipe")
    with pytest.raises(Refused, match="layouts/pipe is not a regular file"):
        read_attestations(tmp_path)
    (tmp_path / "layouts" / "pipe").unlink()
    Path(os.fsdecode(os.fsencode(tmp_path / "layouts") + b"/\xff")).write_bytes(b"")
    with pytest.raises(Refused, match="cannot be printed"):
        read_attestations(tmp_path)


def test_a_file_is_replaced_whole_and_everybody_may_read_it(tmp_path: Path) -> None:
    write_attestation(tmp_path, "root/1.json", b"one")
    write_attestation(tmp_path, "root/1.json", b"two")
    assert [path.name for path in (tmp_path / "root").iterdir()] == ["1.json"]
    assert (tmp_path / "root" / "1.json").read_bytes() == b"two"
    assert (tmp_path / "root" / "1.json").stat().st_mode & 0o777 == 0o644
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ToolError, match="cannot write"):
        write_attestation(tmp_path, "file/below", b"")
