"""Where the passphrase of a key and the PIN of a token come from: a private file, else the terminal.

Never the value of a variable or the command line: other processes read those, and logs and caches keep them.
"""

from __future__ import annotations

import getpass
import os
from pathlib import Path

from pedigree.step.errors import ToolError
from pedigree.trust.private_files import read_private

PASSPHRASE_VARIABLE = "PEDIGREE_PASSPHRASE_FILE"
_TERMINAL = "/dev/tty"
_HINT = f"write it into a file that only you may read, and name that file in {PASSPHRASE_VARIABLE}"


def ask_passphrase(secret: str) -> str:
    """A secret, from the file that PEDIGREE_PASSPHRASE_FILE names, else typed on the controlling terminal.

    Args:
        secret: What is asked for: `the passphrase of /keys/owner.pem`.

    Raises:
        ToolError: The file cannot be read, is open to others or does not hold one line of text; or no file is named
            and there is no terminal to ask on, as in a build.
    """
    named = os.environ.get(PASSPHRASE_VARIABLE)
    return _from_file(Path(named)) if named else _from_terminal(secret)


def _from_file(path: Path) -> str:
    if not path.is_absolute():
        what = f"{PASSPHRASE_VARIABLE} names '{path}', which is no absolute path"
        raise ToolError(what, "the signing process runs in a directory of its own: write the whole path")
    content = read_private(path, "the passphrase file", f"name a file that you may read in {PASSPHRASE_VARIABLE}")
    try:
        (line,) = content.decode().splitlines()
    except ValueError as error:
        what = f"the passphrase file {path} does not hold one line of UTF-8 text"
        raise ToolError(what, "write the passphrase into it, and nothing else") from error
    return line


def _from_terminal(secret: str) -> str:
    if not _is_in_foreground():
        raise ToolError(f"no terminal to ask on for {secret}", _HINT)
    try:
        return getpass.getpass(f"{secret}: ")
    except EOFError as error:
        raise ToolError(f"nothing was typed for {secret}", _HINT) from error


def _is_in_foreground() -> bool:
    """Whether somebody sits before this process: its terminal can be opened, and would not stop it for reading."""
    try:
        terminal = os.open(_TERMINAL, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
