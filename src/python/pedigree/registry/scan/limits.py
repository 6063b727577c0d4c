"""Check `limits`: what the files claim to hold is what the disk holds, and no more than was announced."""

from __future__ import annotations

from collections.abc import Iterator

from pedigree.registry.scan.findings import Finding, refuse
from pedigree.registry.scan.subject import Subject
from pedigree.registry.sizes import show_bytes

CLAIM = "the files are no larger than they look, or than was announced"

_SECTOR = 512  # what st_blocks counts, whatever the file system's blocks are
_SMALL = 64 << 20
# File systems that compress keep weights at nearly their size, and holes at none.
_DENSE = 4


def check_limits(subject: Subject) -> Iterator[Finding]:
    """Files that would keep a reader busy without end."""
    for file in subject.all_files:
        held = file.status.st_blocks * _SECTOR
        if file.size > _SMALL and held * _DENSE < file.size:
            yield refuse(file.name, f"claims {show_bytes(file.size)}, of which the disk holds {show_bytes(held)}")
    total = sum(file.size for file in subject.all_files)
    if subject.announced is not None and total > subject.announced:
        for file in subject.all_files:
            yield refuse(
                file.name, f"is one of {show_bytes(total)}, but {show_bytes(subject.announced)} were announced"
            )
