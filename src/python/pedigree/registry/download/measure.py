"""Finding out the size and digest of a file by reading all of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from pedigree.registry.download.progress import Progress
from pedigree.registry.download.rate import RateLimit
from pedigree.registry.download.transfer import transfer


@dataclass
class Measure:
    """A sink that keeps nothing but size and digest."""

    size: int = 0
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)

    def write(self, chunk: bytes) -> None:
        """Count bytes."""
        self.size += len(chunk)
        self.digest.update(chunk)

    def restart(self) -> None:
        """Forget all bytes."""
        self.size = 0
        self.digest = hashlib.sha256()


def measure(origin: str, folder: Path, size: int | None, progress: Progress) -> tuple[int, str]:
    """Size and sha256 of a file.

    Args:
        origin: Where it lies.
        folder: What `file:` origins are relative to.
        size: Bytes, where a listing says so.
        progress: Where to say what comes.

    Raises:
        Refused: The origin does not have it.
        Broken: The origin broke off too often.
    """
    sink = Measure()
    transfer(origin, folder, sink, size, RateLimit(None), progress)
    return sink.size, sink.digest.hexdigest()
