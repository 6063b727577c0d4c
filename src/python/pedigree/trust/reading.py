"""Reading a file that somebody else wrote: no link is followed, no pipe is waited for, and no memory is filled."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from pedigree.step.errors import ToolError
from pedigree.trust.errors import Refused

LARGEST = 16 << 20
"""Bytes that a file of evidence may have: a thousand times what one usually has."""
LARGEST_DELIVERED = 1 << 26
"""Bytes that evidence in a release may have: the layout of 10,000 steps takes a quarter of it."""
MOST_VALUES = 2_000_000
"""A document of more values is refused unparsed: the layout of 10,000 steps has 800,000. One takes three bytes of JSON,
as `[],`, and up to 200 bytes of memory."""

# Not through a link, and not waiting for somebody to write to a pipe.
_PLAINLY = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def read_plainly(path: str | Path, origin: str, largest: int = LARGEST) -> bytes:
    """The bytes of a file, which must be a regular one and not too large.

    Args:
        path: Where it is. If it is a link itself, it is refused; that its directories are none is for the caller.
        origin: What to call it in an error.
        largest: Bytes that it may have; one with more is not read.

    Raises:
        Refused: It is not so, is missing, cannot be read, grows shorter meanwhile, or as `require_few_values`.
    """
    try:
        descriptor = os.open(path, _PLAINLY)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise Refused(f"{origin} is not a regular file")
            # Looked at before reading: a file of a gigabyte that has no blocks costs nothing to make.
            if status.st_size > largest:
                raise Refused(f"{origin} is larger than {largest} bytes; evidence is not")
            data = os.read(descriptor, status.st_size)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise Refused(f"{origin}: {error.strerror}") from error
    if len(data) != status.st_size:
        raise Refused(f"{origin} was changed while it was read")
    require_few_values(data, origin)
    return data


def read_named(path: Path, largest: int = LARGEST, hint: str = "name a small regular file that can be read") -> bytes:
    """The bytes of a file that the user named himself. Links are followed: they are his own.

    Args:
        path: Where it is.
        largest: Bytes that it may have.
        hint: What he should name instead.

    Raises:
        ToolError: As `read_plainly`.
    """
    try:
        return read_plainly(os.path.realpath(path), str(path), largest)
    except Refused as problem:
        raise ToolError(str(problem), hint) from problem


def require_few_values(data: bytes, origin: str) -> None:
    """Refuse what may be small as JSON and is large once it is parsed. What is no JSON has far fewer marks.

    Raises:
        Refused: It has more than `MOST_VALUES` values.
    """
    if len(data) > MOST_VALUES and sum(map(data.count, (b",", b"[", b"{"))) > MOST_VALUES:
        raise Refused(f"{origin} has more than {MOST_VALUES} values; evidence has not")
