"""`pedigree keys new PATH`: a pair of keys. Everybody makes his own, and hands out the public half."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pedigree.cli.answer import EXIT_HOLDS
from pedigree.step.errors import ToolError
from pedigree.trust.keys import make_private_key
from pedigree.trust.passphrase import ask_passphrase
from pedigree.trust.public import PublicKey
from pedigree.trust.signers import signer_public_key


def run_new(call: argparse.Namespace) -> int:
    """Make a pair; print the file of the public key.

    Raises:
        ToolError: A file is there already or cannot be written, or the passphrase was not typed twice alike.
    """
    path: Path = call.path.absolute()
    public_path = path.with_suffix(".pub")
    if path.suffix == ".pub":
        raise ToolError(f"{path} would be the name of the public key", "name the private key, for instance ada.pem")
    if public_path.exists():
        raise ToolError(f"{public_path} is there already", "name another file")
    public = _make(path, None if call.no_passphrase else ask_passphrase(f"a passphrase for {path}"))
    try:
        public_path.write_text(public.pem)
    except OSError as error:
        raise ToolError(f"cannot write {public_path}: {error.strerror}", "name another file") from error
    print(f"made {path}, which only you may read; its fingerprint is sha256:{public.fingerprint}", file=sys.stderr)
    print(public_path)
    return EXIT_HOLDS


def _make(path: Path, passphrase: str | None) -> PublicKey:
    """The public half of a new key. Reading it back asks for the passphrase again, so that one typed wrong is found."""
    if not make_private_key(path, None if passphrase is None else passphrase.encode()):
        raise ToolError(f"{path} is there already", "name another file; a key is never written over")
    try:
        return signer_public_key(f"file:{path}")
    except ToolError:
        path.unlink()
        raise
