"""What every kind of origin gives, and how it fails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

CHUNK = 1 << 18


class Broken(Exception):
    """The origin broke off or is busy: worth another try.

    Attributes:
        wait: Seconds that it asked for; None when it said nothing.
    """

    def __init__(self, what: str, wait: float | None = None) -> None:
        super().__init__(what)
        self.wait = wait


class Refused(Exception):
    """The origin does not have the file, or has another one: no use to ask it again."""


@dataclass(frozen=True)
class Stream:
    """Bytes of a file as they come.

    Attributes:
        start: Where in the file they begin; 0 from an origin that cannot begin elsewhere.
        size: Bytes of the whole file, where the origin says so.
        chunks: The bytes. Iterating raises `Broken`.
    """

    start: int
    size: int | None
    chunks: Iterator[bytes]
