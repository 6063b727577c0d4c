"""Appending: entries and the signed head that covers them, in one transaction."""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from pedigree.log.entry import (
    MAX_ENTRY,
    NOTHING_BEFORE,
    Entry,
    Event,
    check_entry,
    entry_hash,
    latest_time,
    read_entry,
)
from pedigree.log.head import Head, sign_head
from pedigree.log.store import Row, Store, open_store
from pedigree.step.canonical import MalformedJson
from pedigree.step.errors import ToolError
from pedigree.trust.errors import MalformedEvidence
from pedigree.trust.keys import developer_directory
from pedigree.trust.public import PublicKey
from pedigree.trust.signatory import OpenedSigner
from pedigree.trust.times import write_time

LOG_VARIABLE = "PEDIGREE_LOG"
NO_LOG = "none"
"""What PEDIGREE_LOG says where nothing is to be written down."""
OPENING = "log.open"


def record_event(event: Event, actor: OpenedSigner) -> Entry | None:
    """Append to the log that `chosen_log` names; where PEDIGREE_LOG is `none`, nothing is written.

    Call it when the statement that the event tells of is signed, and before that is published: then nothing is in force
    that the log does not know.

    Args:
        event: What was done.
        actor: What the actor signed with; it signs the log's head as well.

    Raises:
        ToolError: The log cannot be written, or the event does not fit.
    """
    url = chosen_log()
    return append(url, [event], actor)[-1] if url else None


def chosen_log() -> str:
    """The log that PEDIGREE_LOG names, else the user's own; empty where it is switched off.

    Raises:
        ToolError: The user has no home in the password database.
    """
    named = os.environ.get(LOG_VARIABLE)
    if named == NO_LOG:
        return ""
    return named or f"sqlite://{developer_directory().parent / 'log.db'}"


def append(url: str, events: Sequence[Event], actor: OpenedSigner) -> list[Entry]:
    """Append events, all of one actor, under one signed head. A log that is empty is opened first.

    Args:
        url: The log, as `open_store` takes it.
        events: What was done, in its order; at least one.
        actor: What the actor signs with.

    Returns:
        The entries as written, without the one that opens a log.

    Raises:
        ToolError: The log cannot be written or is damaged, or an event does not fit.
    """
    try:
        with open_store(url, writable=True) as store, store.writing():
            return _append(store, events, actor)
    except (MalformedEvidence, MalformedJson) as error:
        raise ToolError(str(error), "nothing was appended; look with `pedigree log verify`") from error


@dataclass(frozen=True)
class _End:
    """The end of the log: what the next entry follows.

    Attributes:
        log: Hash of the first entry, nothing in an empty log.
        number: Number of the last entry, 0 in an empty log.
        last: Its hash.
        time: Its time.
    """

    log: str = ""
    number: int = 0
    last: str = NOTHING_BEFORE
    time: str = ""

    def then(self, row: Row, time: str) -> _End:
        """The end after one more entry."""
        hashed = entry_hash(row.data)
        return _End(self.log or hashed, row.number, hashed, time)


def _append(store: Store, events: Sequence[Event], actor: OpenedSigner) -> list[Entry]:
    """Inside the transaction: what is read as the end of the log is still its end when this is written."""
    store.check_form()
    end, rows, entries = _end(store), [], []
    for event in [*([] if end.number else [_opening(events[0], actor.public)]), *events]:
        entry = _next(event, end, actor.public)
        data = entry.data()
        if len(data) > MAX_ENTRY:
            hint = "name a file by its digest instead of holding it in the details"
            raise ToolError(f"entry {entry.number} is {len(data)} bytes long; {MAX_ENTRY} is the most", hint)
        rows.append(Row(entry.number, data))
        entries.append(entry)
        end = end.then(rows[-1], entry.time)
    store.add(rows, Row(end.number, sign_head(Head(end.log, end.number, end.last, end.time), actor.signer)))
    return entries[-len(events) :]


def _end(store: Store) -> _End:
    """Where the log ends.

    Raises:
        MalformedEvidence: It does not end in an entry that a head covers; one more would hide that.
    """
    row, head = store.last_entry(), store.last_head()
    if row is None and head is None:
        return _End()
    if row is None or head is None or row.number != head.number:
        raise MalformedEvidence("the log is damaged: its last head does not cover its last entry")
    first = next(store.entries(1), None)
    if first is None:
        raise MalformedEvidence("the log is damaged: it has no entry 1")
    return _End(entry_hash(first.data), row.number, entry_hash(row.data), read_entry(row.data, "the last entry").time)


def _opening(event: Event, public: PublicKey) -> Event:
    """The entry that opens a log. Its random part makes the log's name, the hash of this entry, unlike any other."""
    meaning = "opened this log"
    return Event(event.actor, OPENING, "key", public.fingerprint, meaning, {"nonce": secrets.token_hex(16)}, event.time)


def _next(event: Event, end: _End, public: PublicKey) -> Entry:
    """The entry of an event, after the last one.

    Raises:
        ToolError: Its time lies before that of the last entry, or ahead of the clock.
        MalformedEvidence: A field has not the form that it must have.
    """
    now = datetime.now(UTC)
    time = write_time(now) if event.time is None else event.time
    entry = Entry(end.number + 1, replace(event, time=time), public.keyid, end.last)
    check_entry(entry, f"entry {entry.number}")
    if time < end.time:
        hint = "state the time at which this is written down, or set the clock; details can hold when it happened"
        raise ToolError(f"the time {time} lies before {end.time}, that of entry {end.number}", hint)
    if time > latest_time(now):
        raise ToolError(f"the time {time} lies in the future", "state the time at which this is written down")
    return entry
