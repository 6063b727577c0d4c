"""The directory of attestations on disk, read whole and within bounds, and written one file at a time."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from pedigree.step.errors import ToolError
from pedigree.trust.chain import ROOTS
from pedigree.trust.errors import Refused
from pedigree.trust.places import APPROVALS, LAYOUTS, REVOCATIONS, SIGSTORE, SNAPSHOT
from pedigree.trust.reading import LARGEST, read_plainly

MOST = 256 << 20
"""Bytes that all of them may have together; they are held in memory."""
MOST_FILES = 200_000

ATTESTED = "attestations/trust"
"""Where a release has its copy of the attestations that were in force when it was sealed."""

_PLACES = (ROOTS, SNAPSHOT, APPROVALS, REVOCATIONS, LAYOUTS, SIGSTORE)


def read_attestations(directory: Path) -> dict[str, bytes]:
    """Trust roots, the snapshot, approvals, revocations and layouts: path relative to the directory -> content.

    What else lies there is left alone. Nothing of it is believed yet.

    Raises:
        ToolError: There is no such directory.
        Refused: A file is too large, cannot be read, has a name that is no text, or is no regular file.
    """
    if not directory.is_dir():
        raise ToolError(f"{directory} is not a directory", "name the directory of attestations by --attestations")
    return within_bounds(
        _paths(directory), lambda path, largest: read_plainly(directory / path, path, largest), str(directory)
    )


def within_bounds(paths: Iterable[str], read: Callable[[str, int], bytes], place: str) -> dict[str, bytes]:
    """Path -> content, of attestations that memory can hold.

    Args:
        paths: What to read.
        read: Reads one, of at most so many bytes.
        place: What to call all of it in an error.

    Raises:
        Refused: As `read`; or there are too many, or they are too large together, or one has a name that is no text.
    """
    files: dict[str, bytes] = {}
    left = MOST
    for path in paths:
        if not path.isprintable():
            raise Refused(f"{path!r} has a name that cannot be printed")
        files[path] = read(path, min(left, LARGEST))
        left -= len(files[path])
        if len(files) > MOST_FILES:
            raise Refused(f"{place} holds more than {MOST_FILES} files")
    return files


def is_attestation(path: str) -> bool:
    """Whether a path, relative to a directory of attestations, is where one lies."""
    return path.partition("/")[0] in _PLACES


def read_brought(release: Path) -> dict[str, bytes]:
    """The attestations that a release brings, as `read_attestations`; nothing where it brings none.

    Raises:
        Refused: As `read_attestations`.
    """
    directory = release / ATTESTED
    return read_attestations(directory) if directory.is_dir() else {}


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
            yield from (str((Path(parent) / name).relative_to(directory)) for name in sorted([*names, *links]))


def _refuse(error: OSError) -> None:
    raise Refused(f"{error.filename}: {error.strerror}")
