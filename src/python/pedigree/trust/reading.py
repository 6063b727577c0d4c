"""Reading a file that somebody else wrote: no link is followed, no pipe is waited for, and no memory is filled."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from pedigree.trust.errors import Refused

LARGEST = 1 << 26
"""Evidence of more bytes is refused unread: the layout of 10,000 steps takes a quarter of it."""

# Not through a link, and not waiting for somebody to write to a pipe.
_PLAINLY = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def read_plainly(release: Path, path: str) -> bytes:
    """The bytes of a file of a release.

    Raises:
        Refused: It is missing, cannot be read, is not a file, or is larger than evidence is.
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
    return data
