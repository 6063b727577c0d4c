"""Reading a file that somebody else wrote: no link is followed, no pipe is waited for, and no memory is filled."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from pedigree.trust.errors import Refused

LARGEST = 1 << 26
"""Evidence of more bytes is refused unread: the layout of 10,000 steps takes a quarter of it."""
MOST_VALUES = 2_000_000
"""A document of more values is refused unparsed: the layout of 10,000 steps has 800,000. One takes three bytes of JSON,
as `[],`, and up to 200 bytes of memory."""

# Not through a link, and not waiting for somebody to write to a pipe.
_PLAINLY = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def read_plainly(release: Path, path: str) -> bytes:
    """The bytes of a file of a release.

    Raises:
        Refused: It is missing, cannot be read, is not a file, is larger than evidence is, or as `require_few_values`.
    """
    try:
        descriptor = os.open(f"{release}/{path}", _PLAINLY)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise Refused(f"{path} is not a file")
            if status.st_size > LARGEST:
                raise Refused(f"{path} is larger than evidence is: {status.st_size} bytes, at most {LARGEST}")
            data = os.read(descriptor, status.st_size)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}") from error
    if len(data) != status.st_size:
        raise Refused(f"{path} was changed while it was read")
    require_few_values(data, path)
    return data


def require_few_values(data: bytes, origin: str) -> None:
    """Refuse what may be small as JSON and is large once it is parsed. What is no JSON has far fewer marks.

    Raises:
        Refused: It has more than `MOST_VALUES` values.
    """
    if len(data) > MOST_VALUES and sum(map(data.count, (b",", b"[", b"{"))) > MOST_VALUES:
        raise Refused(f"{origin} has more than {MOST_VALUES} values; evidence has not")
