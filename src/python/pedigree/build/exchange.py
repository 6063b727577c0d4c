"""Two directories change places in one instant, or not at all. Imports nothing of Pants."""

from __future__ import annotations

import ctypes
import errno
import os
from pathlib import Path

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_NOT_HERE = (errno.ENOSYS, errno.EINVAL, errno.EPERM)


def exchange(one: Path, other: Path) -> bool:
    """Let two paths of one file system change places, by Linux' renameat2(2).

    Returns:
        Whether it was done; False where kernel, C library or file system has no such call.

    Raises:
        OSError: It has, and refused.
    """
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return False
    if call(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), ctypes.c_uint(_RENAME_EXCHANGE)) == 0:
        return True
    number = ctypes.get_errno()
    if number in _NOT_HERE:
        return False
    raise OSError(number, os.strerror(number), str(one), None, str(other))
