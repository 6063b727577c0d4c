"""The directory of attestations on disk, read whole and within bounds, and written one file at a time."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pedigree.step.errors import ToolError
from pedigree.trust.chain import ROOTS
from pedigree.trust.errors import Refused
from pedigree.trust.places import APPROVALS, LAYOUTS, REVOCATIONS, SNAPSHOT
from pedigree.trust.reading import require_few_values

LARGEST = 16 << 20
"""Bytes that one file of evidence may have: a thousand times what one usually has."""
MOST = 256 << 20
"""Bytes that all of them may have together; they are held in memory."""
MOST_FILES = 200_000

ATTESTED = "attestations/trust"
"""Where a release has its copy of the attestations that were in force when it was sealed."""

_PLACES = (ROOTS, SNAPSHOT, APPROVALS, REVOCATIONS, LAYOUTS)
# Not through a link, and not waiting for somebody to write to a pipe.
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def read_attestations(directory: Path) -> dict[str, bytes]:
    """Trust roots, the snapshot, approvals, revocations and layouts: path relative to the directory -> content.

    What else lies there is left alone. Nothing of it is believed yet.

    Raises:
        ToolError: There is no such directory.
        Refused: A file is too large, cannot be read, has a name that is no text, or is no regular file.
    """
    if not directory.is_dir():
        raise ToolError(f"{directory} is not a directory", "name the directory of attestations by --attestations")
    files, left = {}, MOST
    for path in _paths(directory):
        files[path] = read_evidence(directory / path, path, min(left, LARGEST))
        left -= len(files[path])
        if len(files) > MOST_FILES:
            raise Refused(f"{directory} holds more than {MOST_FILES} files")
    return files


def read_brought(release: Path) -> dict[str, bytes]:
    """The attestations that a release brings, as `read_attestations`; nothing where it brings none.

    Raises:
        Refused: As `read_attestations`.
    """
    directory = release / ATTESTED
    return read_attestations(directory) if directory.is_dir() else {}


def read_evidence(path: Path, origin: str, largest: int = LARGEST) -> bytes:
    """One file, which must be a regular one and not too large.

    Args:
        path: Where it is.
        origin: What to call it in an error.
        largest: Bytes that it may have.

    Raises:
        Refused: It is not so, cannot be read, or as `require_few_values`.
    """
    try:
        with os.fdopen(os.open(path, _FLAGS), "rb") as stream:
            found = os.fstat(stream.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise Refused(f"{origin} is not a regular file")
            # Looked at before reading: a file of a gigabyte that has no blocks costs nothing to make.
            data = stream.read(largest + 1) if found.st_size <= largest else b""
    except OSError as error:
        raise Refused(f"{origin}: {error.strerror}") from error
    if max(len(data), found.st_size) > largest:
        raise Refused(f"{origin} is larger than {largest} bytes; evidence is not")
    require_few_values(data, origin)
    return data


def write_attestation(directory: Path, path: str, data: bytes) -> None:
    """Write a file whole or not at all.

    Raises:
        ToolError: It cannot be written.
    """
    target = directory / path
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, unfinished = tempfile.mkstemp(dir=target.parent, prefix=".")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
                os.fchmod(stream.fileno(), 0o644)
            Path(unfinished).replace(target)
        except BaseException:
            Path(unfinished).unlink()
            raise
    except OSError as error:
        raise ToolError(f"cannot write {target}: {error.strerror}", "name a directory that can be written") from error


def _paths(directory: Path) -> Iterator[str]:
    """Everything in the places of evidence that is no directory, sorted."""
    for place in sorted(_PLACES):
        root = directory / place
        if root.is_symlink() or not root.is_dir():
            if os.path.lexists(root):
                yield place
            continue
        for parent, directories, names in os.walk(root, onerror=_refuse):
            directories.sort()
            # A link to a directory is listed among directories and not entered: it is handed on, to be refused.
            links = [name for name in directories if (Path(parent) / name).is_symlink()]
            yield from (_named(Path(parent) / name, directory) for name in sorted([*names, *links]))


def _named(path: Path, directory: Path) -> str:
    name = str(path.relative_to(directory))
    if not name.isprintable():
        raise Refused(f"{name!r} has a name that cannot be printed")
    return name


def _refuse(error: OSError) -> None:
    raise Refused(f"{error.filename}: {error.strerror}")
