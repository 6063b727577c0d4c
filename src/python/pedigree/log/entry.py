"""Entries: one act of one person, bound to everything before it by a hash."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pedigree.step.canonical import canonical_json
from pedigree.step.digests import sha256_bytes
from pedigree.trust.envelope import canonical_document
from pedigree.trust.errors import MalformedEvidence
from pedigree.trust.statement import is_sha256
from pedigree.trust.times import is_time, write_time

DOMAIN = b"pedigree.log.entry/1\n"  # no other signed or hashed thing begins so
NOTHING_BEFORE = "0" * 64
MAX_ENTRY = 1 << 16  # bytes; a reader needs a bound, and an entry names evidence rather than holding it
CLOCKS_APART = timedelta(minutes=5)  # of two machines that write to one log
MAX_LINE = 500  # characters of a name, a subject or a meaning

_ACTION = re.compile(r"[a-z][a-z0-9-]{0,63}\.[a-z][a-z0-9-]{0,63}")


@dataclass(frozen=True)
class Event:
    """What somebody did, as told to the log.

    Attributes:
        actor: Printed name of the person, or the account of a machine.
        action: `noun.verb`, for instance `base.approve`.
        subject: Name of what it was done to.
        sha256: Digest of the document or artifact that it was done to.
        meaning: What the actor's signature means, in their words (21 CFR 11.50).
        details: More that a program may want to know; JSON without floats.
        time: When, RFC 3339 in UTC to the second; None takes the clock at the moment of writing.
    """

    actor: str
    action: str
    subject: str
    sha256: str
    meaning: str
    details: Mapping[str, Any] = field(default_factory=dict)
    time: str | None = None


@dataclass(frozen=True)
class Entry:
    """One entry of the log.

    Attributes:
        number: Its place, from 1.
        event: Who did what and when, with which meaning.
        keyid: The key that the actor signed with, as in-toto computes it.
        previous: Hash of the entry before, zeros in the first.
    """

    number: int
    event: Event
    keyid: str
    previous: str

    @property
    def time(self) -> str:
        """When it was done; what is in the log has a time."""
        return self.event.time or ""

    def data(self) -> bytes:
        """The entry as it is stored and hashed: canonical JSON."""
        return canonical_json(self.to_json())

    def to_json(self) -> dict[str, Any]:
        """The fields of the entry."""
        event = self.event
        return {
            "action": event.action,
            "actor": {"keyid": self.keyid, "name": event.actor},
            "details": dict(event.details),
            "meaning": event.meaning,
            "number": self.number,
            "previous": self.previous,
            "subject": {"name": event.subject, "sha256": event.sha256},
            "time": self.time,
        }


def entry_hash(data: bytes) -> str:
    """The hash that the next entry and the signed head name: SHA-256 over the domain and the stored bytes."""
    return sha256_bytes(DOMAIN + data)


def read_entry(data: bytes, origin: str) -> Entry:
    """Read a stored entry.

    Raises:
        MalformedEvidence: It is not written as `Entry.data` writes, or a field has not the form that it must have.
    """
    document = canonical_document(data, origin)
    try:
        actor, subject = document["actor"], document["subject"]
        event = Event(
            actor["name"],
            document["action"],
            subject["name"],
            subject["sha256"],
            document["meaning"],
            dict(document["details"]),
            document["time"],
        )
        entry = Entry(document["number"], event, actor["keyid"], document["previous"])
        if type(entry.number) is not int:  # True equals 1, too
            raise TypeError(f"the number {entry.number!r} is none")
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedEvidence(f"{origin} has not the form of an entry: {error}") from error
    if entry.to_json() != document:
        raise MalformedEvidence(f"{origin} has other fields than an entry")
    check_entry(entry, origin)
    return entry


def check_entry(entry: Entry, origin: str) -> None:
    """Check the form of every field.

    Raises:
        MalformedEvidence: One has not the form that it must have.
    """
    event = entry.event
    if entry.number < 1:
        raise MalformedEvidence(f"{origin}: the number {entry.number!r} is not one from 1")
    if not is_time(entry.time):
        raise MalformedEvidence(f"{origin}: {entry.time!r} is not a time such as 2026-11-21T09:30:00Z")
    if not isinstance(event.action, str) or not _ACTION.fullmatch(event.action):
        raise MalformedEvidence(f"{origin}: the action {event.action!r} is not a noun and a verb such as base.approve")
    for what, text in (("actor's name", event.actor), ("subject's name", event.subject), ("meaning", event.meaning)):
        if not _is_line(text):
            raise MalformedEvidence(f"{origin}: the {what} is not one printable line of 1 to {MAX_LINE} characters")
    for what, digest in (("subject's digest", event.sha256), ("keyid", entry.keyid), ("previous", entry.previous)):
        if not is_sha256(digest):
            raise MalformedEvidence(f"{origin}: the {what} is not a SHA-256 in lower-case hex")


def latest_time(now: datetime) -> str:
    """The latest time that an entry may have which is there already."""
    return write_time(now + CLOCKS_APART)


def _is_line(text: object) -> bool:
    """Whether `text` shows on a terminal as what it is: nothing unseen that moves, turns or breaks the line."""
    if not isinstance(text, str) or not text.strip() or len(text) > MAX_LINE:
        return False
    return text.isprintable() or not any(unicodedata.category(character) in _UNSEEN for character in text)


_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
