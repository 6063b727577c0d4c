"""Files that hold secrets: read whole, and only where nobody else may read them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from pedigree.step.errors import ToolError

_OTHERS_MAY_READ = stat.S_IRWXG | stat.S_IRWXO
_LARGEST = 64 * 1024
"""In bytes; a private key of any kind takes a tenth of it."""


def read_private(path: Path, what: str, hint: str) -> bytes:
    """The content of a file that nobody but its owner may read.

    Args:
        path: The file.
        what: What it is, for errors: `the private key`.
        hint: What to do where it cannot be read.

    Raises:
        ToolError: It is missing, unreadable, open to others, no regular file, or too large for a secret.
    """
    try:
        # Without the flag, opening a pipe would wait for its writer.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), "rb") as stream:
            mode = os.fstat(stream.fileno()).st_mode
            if not stat.S_ISREG(mode):
                raise ToolError(f"{what} {path} is not a regular file", hint)
            if mode & _OTHERS_MAY_READ:
                raise ToolError(f"{what} {path} is open to other users", f"chmod 600 {path}")
            content = stream.read(_LARGEST + 1)
    except OSError as error:
        raise ToolError(f"cannot read {what} {path}: {error.strerror}", hint) from error
    if len(content) > _LARGEST:
        raise ToolError(f"{what} {path} is larger than {_LARGEST} bytes", hint)
    return content
