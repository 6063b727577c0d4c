"""A log in one file, by SQLite: `sqlite:///absolute/path`.

With a rollback journal rather than a write-ahead log: at rest the log is one file, which can be copied, handed over and
read from a medium that cannot be written.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from pedigree.step.errors import ToolError
from pedigree.trust.errors import MalformedEvidence

_APPLICATION = 0x50444C47  # "PDLG", what `file` shows of the database's header
_VERSION = 1
_PATIENCE = 60.0  # seconds to wait for others who write; signing with a token may take them a while
_LONGEST = 1 << 20  # bytes of a value or of a statement that SQLite may bring into memory

_FORM = [
    "CREATE TABLE entries (number INTEGER PRIMARY KEY CHECK (number > 0), data BLOB NOT NULL)",
    "CREATE TABLE heads (number INTEGER PRIMARY KEY CHECK (number > 0), data BLOB NOT NULL)",
    # INSERT OR REPLACE deletes without asking the triggers on deletion, so that insertion has to be looked at too.
    "CREATE TRIGGER entries_insert BEFORE INSERT ON entries"
    " WHEN NEW.number IS NOT (SELECT ifnull(max(number), 0) + 1 FROM entries)"
    " BEGIN SELECT RAISE(ABORT, 'entries are numbered without a gap'); END",
    "CREATE TRIGGER heads_insert BEFORE INSERT ON heads"
    " WHEN NEW.number IS NOT (SELECT max(number) FROM entries) OR NEW.number <= (SELECT max(number) FROM heads)"
    " BEGIN SELECT RAISE(ABORT, 'a head covers the last entry'); END",
    *(
        f"CREATE TRIGGER {table}_{change} BEFORE {change} ON {table}"
        " BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END"
        for table in ("entries", "heads")
        for change in ("update", "delete")
    ),
]
_LIST = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT GLOB 'sqlite_*' ORDER BY name"


def connect(url: str, writable: bool) -> SqliteDatabase:
    """Open the database that a URL names.

    Args:
        url: `sqlite:///absolute/path`.
        writable: Whether to make it when there is none, and to allow appending.

    Raises:
        ToolError: The URL names no absolute path, there is no such file, or it cannot be used.
        MalformedEvidence: It was to be written, and is no log.
    """
    path = _file_of(url)
    if path.exists() and not path.is_file():
        raise ToolError(f"the log {path} is not a file", "name the log's database")
    if not writable and not path.exists():
        raise ToolError(
            f"there is no log {path}", "name another with --log or PEDIGREE_LOG, or append to make this one"
        )
    with _told(path):
        if writable:
            path.parent.mkdir(parents=True, exist_ok=True)
        # A reader may have to undo what a writer that was killed left half done, where the file can be written.
        mode = "rwc" if writable else "rw"
        connection = sqlite3.connect(f"{path.as_uri()}?mode={mode}", uri=True, timeout=_PATIENCE, isolation_level=None)
    database = SqliteDatabase(connection, path)
    try:
        database.prepare(writable)
    except BaseException:
        database.close()
        raise
    return database


class SqliteDatabase:
    """A connection to the file of one log."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path

    def prepare(self, writable: bool) -> None:
        """Take the file for what it may be, and make the tables of a new log."""
        self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
        self._connection.text_factory = bytes
        for pragma in ("trusted_schema = OFF", "cell_size_check = ON"):
            self.rows(f"PRAGMA {pragma}")
        if not writable:
            self.rows("PRAGMA query_only = ON")
        else:
            # EXTRA syncs the directory too: a power cut must not bring back a journal that undoes a written entry.
            self.rows("PRAGMA synchronous = EXTRA")
            with self.writing():
                if not self.rows(_LIST) and self._marks() == (0, 0):
                    self._make()
                self.check_form()

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """As `Database.rows`."""
        with _told(self._path):
            return self._connection.execute(statement, values).fetchall()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """As `Database.writing`."""
        self.rows("BEGIN IMMEDIATE")
        try:
            yield
            self.rows("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.rollback()
            raise

    def check_form(self) -> None:
        """As `Database.check_form`."""
        application, version = self._marks()
        if application != _APPLICATION:
            raise MalformedEvidence(f"{self._path} is a database of something else, not a log")
        if version != _VERSION:
            raise MalformedEvidence(f"{self._path} is a log of form {version}; this Pedigree reads form {_VERSION}")
        if self.rows(_LIST) != _expected_form():
            raise MalformedEvidence(f"{self._path} has not the tables and triggers of a log")

    def close(self) -> None:
        """As `Database.close`."""
        self._connection.close()

    def _marks(self) -> tuple[int, int]:
        return self.rows("PRAGMA application_id")[0][0], self.rows("PRAGMA user_version")[0][0]

    def _make(self) -> None:
        for statement in [*_FORM, f"PRAGMA application_id = {_APPLICATION}", f"PRAGMA user_version = {_VERSION}"]:
            self.rows(statement)


def _expected_form() -> list[tuple[Any, ...]]:
    """What SQLite itself lists for a database that was made just so."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.text_factory = bytes
        for statement in _FORM:
            connection.execute(statement)
        return connection.execute(_LIST).fetchall()


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ours: what the caller can mend, and what is wrong with the file."""
    try:
        yield
    except sqlite3.OperationalError as error:
        hint = "look at the rights on the file and its directory, and at who else has it open"
        raise ToolError(f"cannot use the log {path}: {error}", hint) from error
    except sqlite3.DatabaseError as error:
        raise MalformedEvidence(f"{path}: {error}") from error
    except OSError as error:
        hint = "make its directory writable, or name another log"
        raise ToolError(f"cannot make the log {path}: {error.strerror}", hint) from error


def _file_of(url: str) -> Path:
    path = url.partition(":")[2]
    path = path[2:] if path.startswith("///") else path
    if not path.startswith("/") or "\0" in path:
        raise ToolError(f"the log '{url}' has no absolute path", "write sqlite:///absolute/path")
    return Path(f"/{path.lstrip('/')}")  # four slashes are how others write an absolute path
