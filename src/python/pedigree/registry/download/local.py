"""`file:` origins: relative to the manifest, or absolute."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from pedigree.registry.download.stream import CHUNK, Refused, Stream


@contextmanager
def open_file(origin: str, folder: Path, offset: int) -> Iterator[Stream]:
    """Read a file from `offset` on.

    Args:
        origin: A `file:` URL.
        folder: What it is relative to.
        offset: Bytes to leave out.

    Raises:
        Refused: It cannot be read.
    """
    path = folder / unquote(urlsplit(origin).path)
    if not path.is_file():
        raise Refused("is no file here")
    try:
        with path.open("rb") as stream:
            stream.seek(offset)
            yield Stream(offset, path.stat().st_size, _chunks(stream))
    except PermissionError as error:
        raise Refused("may not be read") from error


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    while chunk := stream.read(CHUNK):
        yield chunk
