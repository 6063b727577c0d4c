"""Digests of files and of directories."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

_BLOCK = 1 << 20


def sha256_bytes(data: bytes) -> str:
    """The SHA-256 of `data`, 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()


def sha256_file(path: Path) -> str:
    """The SHA-256 of a file's content, 64 lower-case hex digits."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def tree_digest(files: Mapping[str, str]) -> str:
    """The digest of a directory: SHA-256 over its list of files as `sha256sum` prints it, sorted by path.

    Args:
        files: Path relative to the directory -> sha256 of the content.

    >>> tree_digest({}) == sha256_bytes(b"")
    True
    """
    return sha256_bytes("".join(f"{files[path]}  {path}\n" for path in sorted(files)).encode())


def list_files(directory: Path) -> list[str]:
    """Paths of all regular files under `directory`, relative to it, sorted."""
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*") if path.is_file())


def directory_files(directory: Path) -> dict[str, str]:
    """Path relative to `directory` -> sha256, for every file under it."""
    return {path: sha256_file(directory / path) for path in list_files(directory)}
