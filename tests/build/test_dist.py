"""Directories under dist are replaced whole or not at all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pedigree.build import dist
from pedigree.build.errors import BuildError
from pedigree.build.exchange import exchange
from pedigree.step.digests import directory_files, sha256_bytes


def test_nothing_of_the_old_directory_stays(tmp_path: Path) -> None:
    release = tmp_path / "models/fw"
    dist.replace(release, {"model/a": b"1", "old": b"2"})
    dist.replace(release, {"model/b": b"3"})
    assert list(directory_files(release)) == ["model/b"]
    assert [path.name for path in release.parent.iterdir()] == ["fw"]


def test_the_last_release_stays_when_the_new_one_cannot_be_written(tmp_path: Path) -> None:
    release = tmp_path / "fw"
    dist.replace(release, {"a": b"1"})
    with pytest.raises(BuildError, match="is as it was"):
        dist.replace(release, {"a": b"2", "a/b": b"a file cannot be a directory"})
    assert (release / "a").read_bytes() == b"1"
    assert [path.name for path in tmp_path.iterdir()] == ["fw"]


def test_a_symbolic_link_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "fw").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BuildError, match="is a symbolic link"):
        dist.replace(tmp_path / "fw", {"a": b"1"})
    assert not list((tmp_path / "elsewhere").iterdir())


def test_releases_do_not_lie_one_in_the_other(tmp_path: Path) -> None:
    outer, inner = tmp_path / "models/fw", tmp_path / "models/fw/sub"
    signed = {"attestations/root.layout": b"{}"}
    dist.replace(outer, signed)
    with pytest.raises(BuildError, match="fw would lie one in the other"):
        dist.replace(inner, signed)
    dist.replace(outer, signed)
    inner.joinpath("attestations").mkdir(parents=True)
    inner.joinpath("attestations/root.layout").write_bytes(b"{}")
    with pytest.raises(BuildError, match="fw/sub would lie one in the other"):
        dist.replace(outer, signed)
    assert inner.is_dir()


def test_what_a_killed_run_left_is_cleared(tmp_path: Path) -> None:
    (tmp_path / ".fw.new-1").mkdir()
    (tmp_path / ".fw.new-1/half").write_bytes(b"")
    dist.replace(tmp_path / "fw", {"a": b"1"})
    assert [path.name for path in tmp_path.iterdir()] == ["fw"]


def test_a_release_that_a_killed_run_had_set_aside_is_not_lost(tmp_path: Path) -> None:
    (tmp_path / ".fw.old-1").mkdir()
    (tmp_path / ".fw.old-1/a").write_bytes(b"1")
    with pytest.raises(BuildError):
        dist.replace(tmp_path / "fw", {"a": b"2", "a/b": b""})
    assert (tmp_path / "fw/a").read_bytes() == b"1"


def test_what_a_disk_has_changed_is_not_delivered() -> None:
    dist.require_intact({"a": b"1"}, {"a": sha256_bytes(b"1")})
    with pytest.raises(BuildError, match="not what its digest says: a; nothing was written"):
        dist.require_intact({"a": b"2", "b": b"1"}, {"a": sha256_bytes(b"1"), "b": sha256_bytes(b"1")})


def test_equal_content_is_recognised(tmp_path: Path) -> None:
    dist.replace(tmp_path / "fw", {"a": b"1"})
    assert dist.holds(tmp_path / "fw", directory_files(tmp_path / "fw"))
    assert not dist.holds(tmp_path / "fw", {})


def test_a_reader_never_finds_nothing(tmp_path: Path) -> None:
    release = tmp_path / "fw"
    dist.replace(release, {"a": b"0"})
    (tmp_path / "other").mkdir()
    if not exchange(release, tmp_path / "other") or not exchange(release, tmp_path / "other"):
        pytest.skip("this file system cannot exchange two directories")
    found = []

    def write() -> None:
        for n in range(60):
            dist.replace(release, {"a": b"%d" % n})

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write)
        while not writing.done():
            found.append(release.exists())
    writing.result()
    assert found and all(found)


@pytest.mark.parametrize("able", [True, False])
def test_a_directory_is_replaced_with_and_without_an_exchange(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, able: bool
) -> None:
    if not able:
        monkeypatch.setattr(dist, "exchange", lambda one, other: False)
    dist.replace(tmp_path / "fw", {"old": b"1"})
    dist.replace(tmp_path / "fw", {"new": b"2"})
    assert list(directory_files(tmp_path / "fw")) == ["new"]
    assert [path.name for path in tmp_path.iterdir()] == ["fw"]


def test_two_runs_at_once_do_not_clear_each_others_half(tmp_path: Path) -> None:
    directory = tmp_path / "fw"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: dist.replace(directory, {f"f{i}": b"%d" % n for i in range(50)}), range(40)))
    assert len({path.read_bytes() for path in directory.iterdir()}) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["fw"]
