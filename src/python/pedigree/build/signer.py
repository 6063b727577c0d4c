"""Whose key seals a release. Imports nothing of Pants, and never reads a private key."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

SIGNER = "PEDIGREE_SIGNER"
DEVELOPER_KEY = ".config/pedigree/keys/developer.pub"


def developer_key() -> Path:
    """Where the developer's public key lies; the home comes from the password database, not from the shell."""
    return Path(pwd.getpwuid(os.getuid()).pw_dir) / DEVELOPER_KEY


def developer_public_key() -> bytes | None:
    """The developer's public key, if it was made already."""
    try:
        return developer_key().read_bytes()
    except FileNotFoundError:
        return None


def next_lines(delivered: str, own_signer: bool) -> tuple[str, ...]:
    """What a person does with a fresh release: look at it, and verify it.

    Args:
        delivered: The release's directory, relative to the root of the repository.
        own_signer: Whether PEDIGREE_SIGNER named the signer.
    """
    key = f"<file with the public key of {SIGNER}>" if own_signer else f"~/{DEVELOPER_KEY}"
    return (
        f"The release is {delivered}",
        f"  look at it: {delivered}/lineage.html",
        f"  verify it:  ./pants run src/python/pedigree/cli -- verify {delivered} --key {key}",
        f"  or with stock tools, as {delivered}/VERIFY.md says",
    )
