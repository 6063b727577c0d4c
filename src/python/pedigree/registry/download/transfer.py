"""Getting all bytes of one file from one origin, however often the connection breaks."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from pedigree.registry.download.hub import hub_request
from pedigree.registry.download.local import open_file
from pedigree.registry.download.progress import Progress
from pedigree.registry.download.rate import RateLimit
from pedigree.registry.download.s3 import object_request
from pedigree.registry.download.stream import Broken, Refused, Stream
from pedigree.registry.download.web import Request, open_web

TRIES = 5
_FIRST_WAIT = 0.5  # seconds; doubled after each try
_LONGEST_WAIT = 60.0
# A try that brought as much as this is not counted: a large file may need many connections.
_HEADWAY = 1 << 20


class Sink(Protocol):
    """Where the bytes go."""

    @property
    def size(self) -> int:
        """Bytes that are here."""

    def write(self, chunk: bytes) -> None:
        """Add bytes to the end."""

    def restart(self) -> None:
        """Drop all bytes."""


def transfer(origin: str, folder: Path, sink: Sink, size: int | None, rate: RateLimit, progress: Progress) -> None:
    """Fill `sink` from an origin.

    Args:
        origin: Where from.
        folder: What `file:` origins are relative to.
        sink: It may hold the first bytes already.
        size: Bytes of the whole file; None when nobody knows.
        rate: The limit that all transfers share.
        progress: Where to say what comes.

    Raises:
        Refused: The origin does not have the file, or has another one.
        Broken: It broke off too often.
    """
    tries = 0
    reached = sink.size
    while size is None or sink.size < size:
        try:
            with open_origin(origin, folder, sink.size) as stream:
                _pour(stream, sink, size, rate, progress)
            return
        except Broken as broken:
            tries = 1 if sink.size >= reached + _HEADWAY else tries + 1
            reached = max(reached, sink.size)
            if tries == TRIES:
                raise Broken(f"{broken}, {TRIES} times in a row, at byte {sink.size}") from broken
            wait = broken.wait if broken.wait is not None else _FIRST_WAIT * 2 ** (tries - 1)
            time.sleep(min(wait, _LONGEST_WAIT))


def drop(sink: Sink, progress: Progress) -> None:
    """Start again from nothing."""
    progress.advance(-sink.size)
    sink.restart()


def open_origin(origin: str, folder: Path, offset: int) -> AbstractContextManager[Stream]:
    """Ask an origin for its bytes from `offset` on.

    Raises:
        Broken: It cannot be reached or is busy.
        Refused: It does not have the file.
    """
    scheme = urlsplit(origin).scheme
    if scheme == "file":
        return open_file(origin, folder, offset)
    return open_web(_REQUESTS[scheme](origin), offset)


_REQUESTS: dict[str, Callable[[str], Request]] = {
    "http": Request,
    "https": Request,
    "s3": object_request,
    "hf": hub_request,
}


def _pour(stream: Stream, sink: Sink, size: int | None, rate: RateLimit, progress: Progress) -> None:
    if None not in (size, stream.size) and stream.size != size:
        raise Refused(f"says that it has {stream.size} bytes, but {size} are pinned")
    if stream.start != sink.size:
        drop(sink, progress)
    for chunk in stream.chunks:
        if size is not None and sink.size + len(chunk) > size:
            drop(sink, progress)
            raise Refused(f"sends more than the {size} bytes that are pinned")
        rate.take(len(chunk))
        sink.write(chunk)
        progress.advance(len(chunk))
    expected = size if size is not None else stream.size
    if expected is not None and sink.size < expected:
        raise Broken(f"ends after {sink.size} of {expected} bytes")
