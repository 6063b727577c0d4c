"""Disks that are full, read-only or rotten: one clear error, and the last release stays."""

from __future__ import annotations

import shutil
import subprocess
import uuid
from pathlib import Path

import pytest

from system.conftest import EVALS_BUILD, Repo

NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount", "/bin/sh", "-c")
# dist becomes a disk of its own, with the last release on it and 16 KiB left; what is on it in the end is copied out.
FULL = """set -e
cp -a dist "$SAVED" && mount -t tmpfs -o size=1m none dist && cp -a "$SAVED/." dist
head -c 2000000 /dev/zero > dist/filler 2>/dev/null || truncate -s -16384 dist/filler
code=0; "$@" || code=$?
rm dist/filler; cp -a dist "$AFTER"; exit $code"""
READ_ONLY = """set -e
mount --bind dist dist && mount -o remount,bind,ro dist
code=0; "$@" || code=$?
cp -a dist "$AFTER"; exit $code"""


def need_namespaces() -> None:
    """Skip where a user may not mount."""
    probe = [*NAMESPACE, "mount -t tmpfs none /mnt"]
    if subprocess.run(probe, capture_output=True, check=False).returncode != 0:
        pytest.skip("this kernel lets no user mount a file system of its own")


@pytest.mark.parametrize(("disk", "words"), [(FULL, "No space left on device"), (READ_ONLY, "Read-only file system")])
def test_a_disk_that_takes_no_release_is_one_error_and_the_last_one_stays(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, disk: str, words: str
) -> None:
    need_namespaces()
    assert repo.pants("package", "models/fw").returncode == 0
    good = repo.files("dist/models/fw")
    repo.write("models/fw/sft.yaml", f"rate: '{uuid.uuid4()}' #{'x' * 40000}\n")
    monkeypatch.setenv("SAVED", str(tmp_path / "saved"))
    monkeypatch.setenv("AFTER", str(tmp_path / "after"))
    done = repo.pants("--no-pantsd", "package", "models/fw", inside=[*NAMESPACE, disk, "sh"])
    assert done.returncode != 0
    assert words in done.stderr and "hint: make it writable and make room on the disk" in done.stderr
    assert "Traceback" not in done.stderr
    after = Repo(tmp_path).files("after/models/fw")
    assert after == good
    assert not [path.name for path in (tmp_path / "after/models").iterdir() if path.name.startswith(".")]
    shutil.rmtree(tmp_path / "after")


@pytest.mark.parametrize("size", [0, 900_000])
def test_a_rotten_file_of_the_cache_is_neither_delivered_nor_built_on(repo: Repo, tmp_path: Path, size: int) -> None:
    """Small files lie in a database of Pants' store, large ones beside it; Pants looks at neither again."""
    apart = ["--no-pantsd", f"--local-store-dir={tmp_path}/store"]
    mark = str(uuid.uuid4())
    repo.write("models/fw/sft.yaml", f"rate: '{mark}'\n# {'x' * size}\n")
    assert repo.pants(*apart, "package", "models/fw").returncode == 0
    good = repo.files("dist/models/fw")
    assert mark.encode() in good["model/adapter_config.json"]
    rot(tmp_path / "store", mark.encode())
    shutil.rmtree(repo.root / "dist/models/fw/model")
    left = repo.files("dist/models/fw")
    done = repo.pants(*apart, "package", "models/fw:fw")
    assert done.returncode != 0
    assert "target 'models/fw': a file in the cache of Pants is not what its digest says" in done.stderr
    assert "release/model/adapter_config.json: FAILED" in done.stderr
    assert "hint: remove its store" in done.stderr and "Traceback" not in done.stderr
    assert repo.files("dist/models/fw") == left
    repo.write("evals/BUILD", EVALS_BUILD.replace("after SFT", "tuned"))
    again = repo.pants(*apart, "package", "models/fw:fw")
    assert again.returncode != 0
    assert "target 'evals:review': a file in the cache of Pants is not what its digest says" in again.stderr
    assert "inputs/model/model/adapter_config.json: FAILED" in again.stderr
    shutil.rmtree(tmp_path / "store")
    assert repo.pants(*apart, "package", "models/fw:fw").returncode == 0


def rot(store: Path, mark: bytes) -> None:
    """Turn a mark around wherever the files of a store hold it."""
    spoilt = 0
    for path in [path for path in store.rglob("*") if path.is_file()]:
        content = path.read_bytes()
        if mark in content:
            path.chmod(0o644)
            path.write_bytes(content.replace(mark, mark[::-1]))
            spoilt += 1
    assert spoilt
