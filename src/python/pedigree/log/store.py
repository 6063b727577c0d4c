"""Where the entries and heads lie: two tables that only grow, in a database that a URL names.

Entries are kept as the bytes that were hashed, and in no other column: an index beside them could say something else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import import_module
from types import TracebackType
from typing import Any, Protocol, Self

from pedigree.log.entry import MAX_ENTRY
from pedigree.step.errors import ToolError
from pedigree.trust.errors import MalformedEvidence

# Scheme of a URL -> the module that opens it, by `connect(url, writable)`; it is imported when a URL asks for it.
_BACKENDS = {"postgresql": "pedigree.log.postgres", "sqlite": "pedigree.log.sqlite"}
_PAGE = 256  # rows; with MAX_ENTRY this bounds what a reader holds to 16 MiB


@dataclass(frozen=True)
class Row:
    """A stored entry, or a stored head with the number of the last entry that it covers."""

    number: int
    data: bytes


class Database(Protocol):
    """What differs from one kind of database to another. Parameters are written `?`."""

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """The rows that a statement gives.

        Raises:
            MalformedEvidence: What is stored is not a database that can be read.
            ToolError: The database cannot be used now.
        """

    def writing(self) -> AbstractContextManager[None]:
        """A transaction that nobody else writes beside; on disk when it ends, undone when it raises."""

    def check_form(self) -> None:
        """Check that the tables, and the triggers that refuse changes, are as `connect` makes them.

        Raises:
            MalformedEvidence: They are not.
        """

    def close(self) -> None:
        """Give the connection back."""


class Store:
    """The stored rows of one log."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._database.close()

    def check_form(self) -> None:
        """Check the database itself, as `Database.check_form` does."""
        self._database.check_form()

    def writing(self) -> AbstractContextManager[None]:
        """A transaction, as `Database.writing` gives it."""
        return self._database.writing()

    def bound(self) -> int:
        """The highest number in the log now, 0 in an empty one.

        What is appended later lies above it: whoever reads up to the bound needs no lock to see entries and heads that
        belong together.
        """
        ((entries, heads),) = self._database.rows(
            "SELECT (SELECT max(number) FROM entries), (SELECT max(number) FROM heads)"
        )
        return max(entries or 0, heads or 0)

    def entries(self, bound: int) -> Iterator[Row]:
        """The entries up to a number, in order."""
        return self._stream("entries", bound)

    def heads(self, bound: int) -> Iterator[Row]:
        """The signed heads up to a number, in order."""
        return self._stream("heads", bound)

    def last_entry(self) -> Row | None:
        """The last entry, if there is one."""
        return self._last("entries")

    def last_head(self) -> Row | None:
        """The last signed head, if there is one."""
        return self._last("heads")

    def add(self, entries: Sequence[Row], head: Row) -> None:
        """Add entries and the head that covers them; inside `writing`."""
        for table, row in [*(("entries", entry) for entry in entries), ("heads", head)]:
            self._database.rows(f"INSERT INTO {table} (number, data) VALUES (?, ?)", row.number, row.data)

    def _last(self, table: str) -> Row | None:
        found = self._database.rows(f"SELECT number, {_DATA} FROM {table} ORDER BY number DESC LIMIT 1")
        return _row(found[0], table) if found else None

    def _stream(self, table: str, bound: int) -> Iterator[Row]:
        select = f"SELECT number, {_DATA} FROM {table} WHERE number > ? AND number <= ? ORDER BY number LIMIT ?"
        seen = -(1 << 63)
        while page := self._database.rows(select, seen, bound, _PAGE):
            for values in page:
                row = _row(values, table)
                if row.number <= seen:  # an index that was tampered with could go round in a circle
                    raise MalformedEvidence(f"the table {table} is out of order at {row.number}")
                seen = row.number
                yield row


# A row longer than any that was written is not brought into memory.
_DATA = f"CASE WHEN length(data) <= {MAX_ENTRY} THEN data END"


def open_store(url: str, writable: bool = False) -> Store:
    """Open the log that a URL names.

    Args:
        url: `sqlite:///absolute/path` or `postgresql://user@host/database`.
        writable: Whether to make the log when there is none, and to allow appending.

    Raises:
        ToolError: The URL is of no known kind, or its database cannot be opened.
        MalformedEvidence: It was to be written, and is no log.
    """
    scheme = url.partition(":")[0]
    if scheme not in _BACKENDS:
        hint = "write sqlite:///absolute/path or postgresql://user@host/database"
        raise ToolError(f"the log has the unknown scheme '{scheme}:'", hint)
    database: Database = import_module(_BACKENDS[scheme]).connect(url, writable)
    return Store(database)


def _row(values: tuple[Any, ...], table: str) -> Row:
    number, data = values
    if not isinstance(number, int) or not isinstance(data, bytes):
        raise MalformedEvidence(f"the table {table} holds under {number!r} what is not at most {MAX_ENTRY} bytes")
    return Row(number, data)
