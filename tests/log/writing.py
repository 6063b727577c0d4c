"""Logs for tests: real keys, real files, and what somebody who can write to the file can do to them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from pedigree.log import append as appending
from pedigree.log.entry import Entry, Event
from pedigree.log.store import open_store
from pedigree.log.verify import Audit, verify_log
from pedigree.step.digests import sha256_bytes
from pedigree.trust.root import Holder
from pedigree.trust.signatory import open_key
from pedigree.trust.signers import signer_public_key

SUBJECT = sha256_bytes(b"a statement")
HOURS = [f"2026-11-20T{hour:02}:00:00Z" for hour in range(24)]


def event(action: str = "base.approve", hour: int | None = None, **given: str) -> Event:
    """An event, by default without a time of its own."""
    told = Event("Ada Lovelace", action, "models/base:tiny", SUBJECT, "fit for its use")
    return replace(told, time=None if hour is None else HOURS[hour], **given)  # type: ignore[arg-type]


def append(url: str, events: Sequence[Event], uri: str) -> list[Entry]:
    """Append to a log with the key that a URI names."""
    return appending.append(url, events, open_key(uri))


def write_log(path: Path, uri: str, batches: Sequence[int] = (1, 4, 1)) -> str:
    """A log of the opening and of entries, one an hour: each batch is one call. Its URL."""
    url, hour = f"sqlite://{path}", 0
    for size in batches:
        append(url, [event(f"dataset.step-{hour + index}", hour + index) for index in range(size)], uri)
        hour += size
    return url


def keys_of(*uris: str) -> dict[str, Holder]:
    """Who may write: these signers, under any name."""
    return {key.keyid: Holder("", key) for key in map(signer_public_key, uris)}


def audit(url: str, keys: dict[str, Holder], seen: bytes | None = None) -> Audit:
    """Verify a log by its URL."""
    with open_store(url) as store:
        return verify_log(store, keys, seen)


def failed(url: str, keys: dict[str, Holder], seen: bytes | None = None) -> list[int]:
    """Numbers of the checks that do not hold."""
    return [check.number for check in audit(url, keys, seen).verdict.checks if not check.holds]


def last_head(url: str) -> bytes:
    """The last signed head, as a verifier remembers it."""
    with open_store(url) as store:
        row = store.last_head()
    assert row is not None
    return row.data


@contextmanager
def unlocked(path: Path) -> Iterator[sqlite3.Connection]:
    """The database of a log without its triggers; they are put back, so that nobody sees from them that it was open."""
    with closing(sqlite3.connect(path)) as connection:
        triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        yield connection
        for _, statement in triggers:
            connection.execute(statement)
        connection.commit()
