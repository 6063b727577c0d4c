"""What a verifier remembers of logs: of each log its last head, and of each URL which log stood there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pedigree.log.entry import entry_hash
from pedigree.log.head import PAYLOAD_TYPE
from pedigree.log.seen import recall, remember
from pedigree.log.store import Store
from pedigree.step.digests import sha256_bytes
from pedigree.trust.errors import MalformedEvidence
from pedigree.trust.signed import parse_signed


@dataclass(frozen=True)
class Memory:
    """The heads that were seen of a log, under its own id and under its URL.

    The id finds a log again that was moved or is reached by another path; the URL finds another log put in its place.

    Attributes:
        log: The log's id, the hash of its first entry; empty where that cannot be read.
        by_log: The file of the last head of the log; None where it has no id.
        by_url: The file of the last head of whatever log the URL led to.
    """

    log: str
    by_log: Path | None
    by_url: Path

    def recall(self) -> bytes | None:
        """The head that the log must go on from; None when none was seen.

        What the URL led to decides when it was another log, or none: then verification fails, and says so.

        Raises:
            ToolError: A file cannot be read.
        """
        there, own = recall(self.by_url), recall(self.by_log) if self.by_log else None
        return own if own is not None and (there is None or _log_of(there) == self.log) else there

    def remember(self, head: bytes) -> None:
        """Remember a head of the log, which held.

        Raises:
            ToolError: A file cannot be written.
        """
        for path in (self.by_log, self.by_url):
            if path is not None:
                remember(path, head)


def memory_of(directory: Path, url: str, store: Store) -> Memory:
    """What this user remembers of a log.

    Args:
        directory: Where everything is remembered.
        url: The log's URL.
        store: The log itself.

    Raises:
        ToolError: The database cannot be used.
    """
    log, url_hash = _id(store), sha256_bytes(url.encode("utf-8", "surrogateescape"))
    return Memory(log, directory / f"log-{log}.json" if log else None, directory / f"log-{url_hash[:16]}.json")


def _id(store: Store) -> str:
    try:
        store.check_form()
        first = next(store.entries(1), None)
    except MalformedEvidence:
        return ""  # verification finds the same, and tells it
    return entry_hash(first.data) if first else ""


def _log_of(head: bytes) -> str:
    """The id of the log that a head, whose signature nobody checked yet, is of; empty where it is no head."""
    try:
        return str(parse_signed(head, PAYLOAD_TYPE, "a head").document.get("log", ""))
    except MalformedEvidence:
        return ""
