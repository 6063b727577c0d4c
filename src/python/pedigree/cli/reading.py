"""Files that a user names: small ones, read whole."""

from __future__ import annotations

from pathlib import Path

from pedigree.step.errors import ToolError
from pedigree.trust.attestations import LARGEST, read_evidence
from pedigree.trust.errors import Refused
from pedigree.trust.public import PublicKey, public_key

_LARGEST_KEY = 64 << 10


def read_named(path: Path, largest: int = LARGEST) -> bytes:
    """A file's content. Links are followed here: the user named it himself.

    Raises:
        ToolError: It is missing, unreadable, no regular file or too large.
    """
    try:
        return read_evidence(path.resolve(), str(path), largest)
    except (Refused, RuntimeError, OSError) as error:  # links that lead in a circle are one of the latter two
        raise ToolError(f"cannot use {path}: {error}", "name a small regular file that can be read") from error


def read_key(path: Path) -> PublicKey:
    """A public key.

    Raises:
        ToolError: As `read_named`, or it is no public key.
    """
    return public_key(read_named(path, _LARGEST_KEY), str(path))
