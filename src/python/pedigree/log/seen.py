"""What a verifier remembers: the last head of a log that held, in a file of its own."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from pedigree.log.head import MAX_HEAD
from pedigree.step.errors import ToolError
from pedigree.trust.errors import Refused
from pedigree.trust.reading import read_plainly


def recall(path: Path) -> bytes | None:
    """The head that was remembered, still unopened; None when there is none.

    Raises:
        ToolError: The file cannot be read, or is far too long for a head.
    """
    if not os.path.lexists(path):
        return None
    try:
        return read_plainly(path, str(path), MAX_HEAD)
    except Refused as problem:
        hint = "name with --head the file that `pedigree log verify` or `pedigree log head` wrote"
        raise ToolError(f"cannot read the remembered head: {problem}", hint) from problem


def remember(path: Path, head: bytes) -> None:
    """Replace the remembered head at once, so that a power cut leaves the old or the new one.

    Raises:
        ToolError: The file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as stream:
            stream.write(head)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(name, path)
    except OSError as error:
        raise ToolError(f"cannot remember the head in {path}: {error.strerror}", "name another with --head") from error
