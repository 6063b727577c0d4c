"""The developer's key, made on first use outside of every repository.

`python -m pedigree.trust.keys init` makes it, `python -m pedigree.trust.keys public` prints the public key of the
signer that PEDIGREE_SIGNER names (without it: of the developer key), and `prove` does so after it has signed something.
"""

from __future__ import annotations

import os
import pwd
import sys
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from pedigree.step.errors import ToolError
from pedigree.trust.pkcs8 import private_pem
from pedigree.trust.public import PublicKey
from pedigree.trust.signers import SIGNER_VARIABLE, proven_public_key, signer_public_key

_KEY_FILE = "developer.pem"


def developer_directory() -> Path:
    """Where the developer's key lives: in the home that the password database names, whatever HOME says.

    Raises:
        ToolError: The user has no entry in the password database.
    """
    try:
        home = pwd.getpwuid(os.getuid()).pw_dir
    except KeyError as error:
        hint = f"name a signer in {SIGNER_VARIABLE}, for instance file:/run/secrets/signer.pem"
        raise ToolError(f"user {os.getuid()} has no home in the password database", hint) from error
    return Path(home) / ".config" / "pedigree" / "keys"


def signer_uri() -> str:
    """The signer that PEDIGREE_SIGNER names, else the developer's key."""
    return os.environ.get(SIGNER_VARIABLE) or f"file:{developer_directory() / _KEY_FILE}"


def ensure_developer_key(directory: Path) -> PublicKey:
    """The developer's public key; the pair is made, and announced on stderr, when there is none.

    Two processes at once end with one and the same key.

    Raises:
        ToolError: The key cannot be made or read.
    """
    path = directory / _KEY_FILE
    made = not path.exists() and make_private_key(path, None)
    public = signer_public_key(f"file:{path}")
    try:
        directory.chmod(0o700)
        _replace(path.with_suffix(".pub"), public.pem.encode())
    except OSError as error:
        raise _cannot_make(path, error) from error
    if made:
        print(f"made a developer key: {path}", file=sys.stderr)
        print(f"  public key {path.with_suffix('.pub')}, fingerprint sha256:{public.fingerprint}", file=sys.stderr)
    return public


def make_private_key(path: Path, passphrase: bytes | None) -> bool:
    """Make a private key, ECDSA on P-256, in a file that only its owner may read; directories are made, too.

    A file that is there stays as it is. Of two processes at once one makes the key: a finished file is linked into
    place, and only one can be first.

    Args:
        path: The file.
        passphrase: What encrypts it; None leaves it in the clear.

    Returns:
        Whether this call made it.

    Raises:
        ToolError: The file cannot be written, or the passphrase is empty.
    """
    try:
        pem = private_pem(ec.generate_private_key(ec.SECP256R1()), passphrase)
    except ValueError as error:
        raise ToolError(f"no key was made at {path}: {error}", "give a passphrase, or none at all") from error
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = _write_beside(path, pem)
        try:
            os.link(unfinished, path)
        finally:
            unfinished.unlink()
    except FileExistsError as error:
        if path.exists():
            return False
        raise _cannot_make(path, error) from error
    except OSError as error:
        raise _cannot_make(path, error) from error
    return True


def _cannot_make(path: Path, error: OSError) -> ToolError:
    hint = f"make the directory writable, or name another signer in {SIGNER_VARIABLE}"
    return ToolError(f"cannot make the key {path}: {error.strerror}", hint)


def _replace(path: Path, content: bytes) -> None:
    if path.exists() and path.read_bytes() == content:
        return
    unfinished = _write_beside(path, content)
    unfinished.chmod(0o644)
    unfinished.replace(path)


def _write_beside(path: Path, content: bytes) -> Path:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    return Path(name)


def main(arguments: list[str]) -> int:
    """Run `init`, `public` or `prove`; 0 done, 1 an error that was told, 2 a wrong call."""
    if arguments not in (["init"], ["public"], ["prove"]):
        print("usage: python -m pedigree.trust.keys init|public|prove", file=sys.stderr)
        return 2
    try:
        if arguments == ["public"]:
            sys.stdout.write(signer_public_key(signer_uri()).pem)
        elif arguments == ["prove"]:
            sys.stdout.write(proven_public_key(signer_uri()).pem)
        elif not os.environ.get(SIGNER_VARIABLE):
            ensure_developer_key(developer_directory())
    except ToolError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
