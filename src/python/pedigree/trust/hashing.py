"""Digests of all files of a directory, taken on all processors at once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pedigree.step.digests import sha256_file
from pedigree.trust.errors import Refused
from pedigree.trust.forks import processors


def plain_files(directory: Path) -> dict[str, int]:
    """Path relative to `directory` -> size in bytes, of every file under it.

    Raises:
        Refused: A directory cannot be read, or something is neither a file nor a directory.
    """
    try:
        return dict(sorted(_walk(os.fspath(directory), "")))
    except OSError as error:
        raise Refused(f"{error.filename}: {error.strerror}") from error


def digests_of(directory: Path, files: dict[str, int]) -> dict[str, str]:
    """Path -> sha256 of files under `directory`.

    A file is hashed by one thread, for SHA-256 is a chain; the largest begin, so that none of them is left for the end.

    Args:
        directory: Where they lie.
        files: Path -> size, as `plain_files` tells.

    Raises:
        Refused: A file cannot be read.
    """
    order = sorted(files, key=lambda path: (-files[path], path))
    try:
        with ThreadPoolExecutor(processors()) as pool:
            found = dict(zip(order, pool.map(lambda path: sha256_file(directory / path), order), strict=True))
    except OSError as error:
        raise Refused(f"{error.filename}: {error.strerror}") from error
    return {path: found[path] for path in files}


def _walk(directory: str, prefix: str) -> Iterator[tuple[str, int]]:
    with os.scandir(directory) as entries:
        for entry in entries:
            path = prefix + entry.name
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(entry.path, f"{path}/")
            elif entry.is_file(follow_symlinks=False):
                yield path, entry.stat(follow_symlinks=False).st_size
            else:
                raise Refused(f"{path} is neither a file nor a directory")
