"""Merkle trees of logs, RFC 6962 section 2.1, as it stands there."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def root_hash(entries: Sequence[bytes]) -> bytes:
    """The hash of a tree (MTH)."""
    if len(entries) == 1:
        return hashlib.sha256(b"\0" + entries[0]).digest()
    split = _split(len(entries))
    return hashlib.sha256(b"\1" + root_hash(entries[:split]) + root_hash(entries[split:])).digest()


def inclusion_proof(index: int, entries: Sequence[bytes]) -> list[bytes]:
    """The hashes that lead from an entry to the tree's (PATH)."""
    if len(entries) == 1:
        return []
    split = _split(len(entries))
    if index < split:
        return [*inclusion_proof(index, entries[:split]), root_hash(entries[split:])]
    return [*inclusion_proof(index - split, entries[split:]), root_hash(entries[:split])]


def _split(size: int) -> int:
    """The largest power of two below a size above 1."""
    return 1 << ((size - 1).bit_length() - 1)
