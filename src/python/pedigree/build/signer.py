"""Whose key seals a release. Imports nothing of Pants, and never reads a private key."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

from pedigree.build.errors import BuildError

SIGNER = "PEDIGREE_SIGNER"
DEVELOPER_KEY = ".config/pedigree/keys/developer.pub"


def developer_key() -> Path:
    """Where the developer's public key lies; the home comes from the password database, not from the shell.

    Raises:
        BuildError: The database does not know this user.
    """
    try:
        return Path(pwd.getpwuid(os.getuid()).pw_dir) / DEVELOPER_KEY
    except KeyError:
        raise BuildError(
            f"user {os.getuid()} is not in the password database, so there is no place for a developer's key",
            f"name a signer in {SIGNER}, or add the user",
        ) from None


def developer_public_key() -> bytes | None:
    """The developer's public key, if it was made already.

    Raises:
        BuildError: It cannot be read.
    """
    path = developer_key()
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BuildError(f"cannot read {path}: {error.strerror}", "make it readable for yourself") from error


def next_lines(delivered: str, standing: str, own_signer: bool) -> tuple[str, ...]:
    """What a person does with a fresh release: look at it, and verify it.

    Args:
        delivered: The release's directory, relative to the root of the repository.
        standing: How it stands to the plan that its owners signed.
        own_signer: Whether PEDIGREE_SIGNER named the signer.
    """
    key = f"<file with the public key of {SIGNER}>" if own_signer else f"~/{DEVELOPER_KEY}"
    return (
        f"The release is {delivered}",
        f"  standing:   {standing}",
        f"  look at it: {delivered}/lineage.html",
        f"  verify it:  ./pants run src/python/pedigree/cli -- verify {delivered} --key {key}",
        f"  or with stock tools, as {delivered}/VERIFY.md says",
    )
