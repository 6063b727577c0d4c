"""Disks that are full, read-only or rotten: one clear error, and the last release stays."""

from __future__ import annotations

import shutil
import subprocess
import uuid
from pathlib import Path

import pytest

from system.conftest import Repo

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
