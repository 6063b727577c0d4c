"""What lies under dist, and how it gets there. Imports nothing of Pants.

Pants' own `package` clears a directory and then fills it: a full disk or a kill in between loses the last release.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from pedigree.build.errors import ROTTEN, ROTTEN_HINT, BuildError
from pedigree.build.exchange import exchange
from pedigree.step.digests import directory_files, sha256_bytes

ARTIFACTS = "artifacts"
REPORTS = "reports"
_SIGNED = "attestations/root.layout"


def artifact_path(directory: str, name: str) -> str:
    """Where the artifact of a target lies under dist; never inside the directory of a release.

    >>> artifact_path("models/embedded-fw-c", "sft")
    'artifacts/models/embedded-fw-c/sft'
    """
    return os.path.join(ARTIFACTS, directory, name)


def release_path(directory: str, name: str) -> str:
    """Where a release lies under dist.

    >>> release_path("models/embedded-fw-c", "embedded-fw-c"), release_path("models/embedded-fw-c", "beta")
    ('models/embedded-fw-c', 'models/embedded-fw-c.beta')
    """
    return directory if directory and Path(directory).name == name else f"{directory}.{name}".lstrip(".")


def report_path(name: str) -> str:
    """Where the report of a step lies under dist when its gate stopped a release."""
    return os.path.join(REPORTS, name)


def holds(directory: Path, digests: Mapping[str, str]) -> bool:
    """Whether a directory holds exactly these files: path -> sha256."""
    return directory.is_dir() and directory_files(directory) == dict(digests)


def require_intact(files: Mapping[str, bytes], digests: Mapping[str, str]) -> None:
    """Refuse to deliver what a disk has changed since it was made.

    Raises:
        BuildError: A file has another sha256 than it is known by.
    """
    bad = sorted(path for path, content in files.items() if sha256_bytes(content) != digests[path])
    if bad:
        raise BuildError(f"{ROTTEN}: {', '.join(bad)}; nothing was written", ROTTEN_HINT)


def replace(directory: Path, files: Mapping[str, bytes]) -> None:
    """Replace a directory by one with these files: whole or not at all, and nothing of the old one stays.

    Raises:
        BuildError: It cannot be written, is a symbolic link, or lies in a release or around another; what was there is
            untouched.
    """
    _require_own_place(directory)
    fresh = directory.with_name(f".{directory.name}.new-{os.getpid()}")
    old = directory.with_name(f".{directory.name}.old-{os.getpid()}")
    lock = -1
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        # One run at a time: each clears what it takes for the remains of a killed one.
        lock = os.open(directory.parent, os.O_RDONLY)
        fcntl.flock(lock, fcntl.LOCK_EX)
        _prepare(directory)
        fresh.mkdir()
        for name, content in sorted(files.items()):
            path = fresh / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        _put_in_place(fresh, directory, old)
    except OSError as error:
        if old.exists() and not directory.exists():
            old.rename(directory)
        raise BuildError(
            f"cannot write {error.filename or directory}: {error.strerror}; {directory} is as it was",
            "make it writable and make room on the disk, or name another place with --pants-distdir",
        ) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
        if lock >= 0:
            os.close(lock)


def _require_own_place(directory: Path) -> None:
    if directory.is_symlink():
        raise BuildError(f"{directory} is a symbolic link, and cannot be replaced whole", "remove the link")
    inside = [place.parents[1] for place in directory.glob(f"*/**/{_SIGNED}")]
    around = [parent for parent in directory.parents if (parent / _SIGNED).is_file()]
    for other in (*inside, *around):
        raise BuildError(
            f"{directory} and the release {other} would lie one in the other, and neither would verify",
            "move one of the two BUILD files to a directory of its own, and remove what is left of it in dist",
        )


def _put_in_place(fresh: Path, directory: Path, old: Path) -> None:
    """Let readers find the old directory or the new one, and never none where the file system can exchange two."""
    if not directory.exists():
        fresh.rename(directory)
    elif not exchange(fresh, directory):
        directory.rename(old)
        fresh.rename(directory)


def _prepare(directory: Path) -> None:
    """Clear what a killed run left behind, and find out whether the directory may be replaced."""
    for kind in ("new", "old"):
        for left in directory.parent.glob(f".{directory.name}.{kind}-*"):
            if kind == "old" and not directory.exists():
                left.rename(directory)
            else:
                shutil.rmtree(left, ignore_errors=True)
    for existing in [path for path in (directory, *directory.rglob("*")) if path.is_dir()]:
        with tempfile.TemporaryFile(dir=existing):
            pass
