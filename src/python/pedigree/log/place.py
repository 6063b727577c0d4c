"""What a verifier sees of a log: number by number, an entry and the head that was signed after it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from heapq import merge
from itertools import groupby

from pedigree.log.entry import Entry, entry_hash, read_entry
from pedigree.log.head import SignedHead, open_head
from pedigree.log.store import Store
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.public import PublicKey
from pedigree.trust.root import Holder

Problem = MalformedEvidence | Refused
Writers = Mapping[str, Holder]
"""Key id -> who holds the key and may have written; a holder without a name may have written under any."""


@dataclass(frozen=True)
class Place:
    """What is stored under one number.

    Attributes:
        number: The number.
        sha256: Hash of the entry; empty when there is none.
        entry: The entry, or why it cannot be read; None when there is none.
        head: The head, or why it is not believed; None when there is none.
    """

    number: int
    sha256: str
    entry: Entry | Problem | None
    head: SignedHead | Problem | None


def places(store: Store, writers: Writers) -> Iterator[Place]:
    """All places of a log in their order, as of now: what is appended meanwhile is not among them.

    Raises:
        MalformedEvidence: The database cannot be read on.
        ToolError: The database cannot be used.
    """
    bound = store.bound()
    entries = ((row.number, "entry", row.data) for row in store.entries(bound))
    heads = ((row.number, "head", row.data) for row in store.heads(bound))
    for number, rows in groupby(merge(entries, heads), key=lambda row: row[0]):
        found = {kind: data for _, kind, data in rows}
        entry, head = found.get("entry"), found.get("head")
        yield Place(
            number,
            "" if entry is None else entry_hash(entry),
            None if entry is None else _entry(entry, number),
            None if head is None else opened(head, writers, f"the head of entry {number}"),
        )


def opened(data: bytes, writers: Writers, origin: str) -> SignedHead | Problem:
    """A signed head, or why it is not believed."""
    held = ((keyid, holder.key) for keyid, holder in writers.items())
    keys = {keyid: key for keyid, key in held if isinstance(key, PublicKey)}
    try:
        return open_head(data, keys, origin)
    except (MalformedEvidence, Refused) as problem:
        return problem


def _entry(data: bytes, number: int) -> Entry | Problem:
    try:
        return read_entry(data, f"entry {number}")
    except MalformedEvidence as problem:
        return problem
