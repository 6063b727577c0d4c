"""What must hold of a log: a list that can be read aloud. (1), the form of the database, is looked at before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from pedigree.log.entry import NOTHING_BEFORE, Entry, latest_time
from pedigree.log.head import Head, SignedHead
from pedigree.log.place import Place, Writers, opened
from pedigree.trust.errors import Refused


class Looking(Protocol):
    """A check: it sees all places in their order, and then says what it saw. Both raise when it does not hold."""

    def see(self, place: Place) -> None:
        """Look at one place."""

    def conclude(self) -> str:
        """What was seen."""


# (2) Every entry is written in the one way, and every field of it has the form that it must have.
class _Form:
    def __init__(self, writers: Writers, seen: bytes | None) -> None:
        self._count = 0

    def see(self, place: Place) -> None:
        if isinstance(place.entry, Exception):
            raise place.entry
        self._count += place.entry is not None

    def conclude(self) -> str:
        return f"{self._count} entries"


# (3) Entries are numbered from 1 without a gap, and each names the hash of the one before.
class _Chain:
    def __init__(self, writers: Writers, seen: bytes | None) -> None:
        self._number, self._last = 0, NOTHING_BEFORE

    def see(self, place: Place) -> None:
        if place.entry is None:
            return
        if place.number != self._number + 1:
            raise Refused(f"after entry {self._number} comes entry {place.number}")
        entry = _read(place)
        if entry.number != place.number:
            raise Refused(f"in the place of entry {place.number} stands entry {entry.number}")
        if entry.previous != self._last:
            raise Refused(f"entry {place.number} does not follow the entry {self._number} that stands before it")
        self._number, self._last = place.number, place.sha256

    def conclude(self) -> str:
        return f"the last hash is sha256:{self._last}"


# (4) Times never go back, and none lies in the future.
class _Times:
    def __init__(self, writers: Writers, seen: bytes | None) -> None:
        self._latest = latest_time(datetime.now(UTC))
        self._first = self._last = ""

    def see(self, place: Place) -> None:
        if place.entry is None:
            return
        time = _read(place).time
        if time < self._last:
            raise Refused(f"entry {place.number} is of {time}, before {self._last}")
        if time > self._latest:
            raise Refused(f"entry {place.number} is of {time}, which lies in the future")
        self._first, self._last = self._first or time, time

    def conclude(self) -> str:
        return f"from {self._first} to {self._last}" if self._first else "no entry"


# (5) Every head is signed by a given key.
class _Signed:
    def __init__(self, writers: Writers, seen: bytes | None) -> None:
        self._count = 0

    def see(self, place: Place) -> None:
        if isinstance(place.head, Exception):
            raise place.head
        self._count += place.head is not None

    def conclude(self) -> str:
        return f"{self._count} heads"


# (6) Every entry is covered by a head that its own actor signed.
class _Actors:
    def __init__(self, writers: Writers, seen: bytes | None) -> None:
        self._writers = writers
        self._uncovered: Entry | None = None

    def see(self, place: Place) -> None:
        if place.entry is not None:
            entry = _read(place)
            if self._uncovered is not None and entry.keyid != self._uncovered.keyid:
                raise Refused(f"no head of its actor covers entry {self._uncovered.number}")
            self._uncovered = entry
            self._require_holder(entry)
        if isinstance(place.head, SignedHead) and self._uncovered is not None:
            if place.head.keyid != self._uncovered.keyid:
                raise Refused(f"entry {self._uncovered.number} is covered by a head that somebody else signed")
            self._uncovered = None

    def conclude(self) -> str:
        if self._uncovered is not None:
            raise Refused(f"no head covers entry {self._uncovered.number}")
        return "who is named is who signed"

    def _require_holder(self, entry: Entry) -> None:
        """A holder that is listed by name writes under that name, and until the key is retired."""
        holder = self._writers.get(entry.keyid)
        if holder is not None and holder.name and holder.name != entry.event.actor:
            raise Refused(f"entry {entry.number} names {entry.event.actor!r}; its key is that of {holder.name!r}")
        if holder is not None and holder.retired and entry.time >= holder.retired:
            raise Refused(f"entry {entry.number} is of {entry.time}; its key was retired at {holder.retired}")


# (7) Every head says what the log holds up to its entry.
class _Heads:
    def __init__(self, writers: Writers, seen: bytes | None) -> None:
        self._log, self._size = "", 0

    def see(self, place: Place) -> None:
        self._log = self._log or place.sha256
        if place.head is None:
            return
        if not isinstance(place.head, SignedHead):
            raise Refused(f"the head of entry {place.number} cannot be believed")
        if place.entry is None:
            raise Refused(f"a head says that there are {place.number} entries; that one is missing")
        head = place.head.head
        if head != Head(self._log, place.number, place.sha256, _read(place).time):
            raise Refused(f"the head of entry {place.number} was signed over another log than this")
        self._size = head.size

    def conclude(self) -> str:
        if not self._size:
            raise Refused("the log has no head")
        return f"log sha256:{self._log}, {self._size} entries"


# (8) The log goes on from the head that was seen before.
class _Seen:
    def __init__(self, writers: Writers, seen: bytes | None) -> None:
        self._seen = None if seen is None else opened(seen, writers, "the head that was seen before")
        self._reached = False

    def see(self, place: Place) -> None:
        if isinstance(self._seen, Exception):
            raise self._seen
        if self._seen is None:
            return
        head = self._seen.head
        if place.number == 1 and place.sha256 != head.log:
            raise Refused(f"this is another log than sha256:{head.log}, which was seen before")
        if place.number == head.size:
            self._reached = True
            if place.sha256 != head.last:
                raise Refused(f"up to entry {head.size} the log is not what was seen before: a fork, or an edit")

    def conclude(self) -> str:
        if self._seen is None:
            return "none was seen before; what was taken away before today cannot be found"
        if isinstance(self._seen, Exception):
            raise self._seen
        if not self._reached:
            raise Refused(f"the log ends before entry {self._seen.head.size}, which was seen at {self._seen.head.time}")
        return f"seen before: {self._seen.head.size} entries, the last of {self._seen.head.time}"


CHECKS: tuple[tuple[str, Callable[[Writers, bytes | None], Looking]], ...] = (
    ("every entry is written in the one way, and each field has its form", _Form),
    ("entries are numbered without a gap, and each names the hash of the one before", _Chain),
    ("times never go back, and none lies in the future", _Times),
    ("every head is signed by a given key", _Signed),
    ("every entry is covered by a head that its own actor signed", _Actors),
    ("every head says what the log holds up to its entry", _Heads),
    ("the log goes on from the head that was seen before", _Seen),
)


def _read(place: Place) -> Entry:
    if not isinstance(place.entry, Entry):
        raise Refused(f"entry {place.number} cannot be read")
    return place.entry
