"""A log in PostgreSQL, by psycopg: `postgresql://user@host/database`. For those who write from several machines.

The tables lie in the schema `pedigree_log`. Whoever appends needs SELECT and INSERT on them and nothing more, an
auditor SELECT alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from pedigree.step.errors import ToolError
from pedigree.trust.errors import MalformedEvidence

SCHEMA = "pedigree_log"
_VERSION = 1
_LOCK = 0x5045444C4F47  # "PEDLOG"; whoever writes holds this advisory lock, which needs no right on the tables
_PATIENCE = 60  # seconds to wait for others who write; signing with a token may take them a while
_REFUSE = "BEGIN RAISE EXCEPTION 'the log is append-only'; END"
_BEFORE_UPDATE_DELETE_TRUNCATE = 2 | 8 | 16 | 32  # bits of pg_trigger.tgtype, for each statement

_FORM = [
    f"CREATE SCHEMA {SCHEMA}",
    "CREATE TABLE form (version integer NOT NULL)",
    f"INSERT INTO form VALUES ({_VERSION})",
    f"CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $${_REFUSE}$$",
    *(
        statement
        for table in ("entries", "heads")
        for statement in (
            f"CREATE TABLE {table} (number bigint PRIMARY KEY CHECK (number > 0), data bytea NOT NULL)",
            f"CREATE TRIGGER {table}_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} EXECUTE FUNCTION refuse()",
        )
    ),
]
_LIST = """
SELECT c.relname::text, c.relkind::text, t.tgname::text, t.tgenabled::text, t.tgtype::int, p.prosrc
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_trigger t ON t.tgrelid = c.oid AND NOT t.tgisinternal
LEFT JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
WHERE n.nspname = ? AND c.relname IN ('entries', 'heads') ORDER BY 1, 3
"""
_EXPECTED = [
    (table, "r", f"{table}_grow", "O", _BEFORE_UPDATE_DELETE_TRUNCATE, _REFUSE) for table in ("entries", "heads")
]


def connect(url: str, writable: bool) -> PostgresDatabase:
    """Open the database that a URL names.

    Args:
        url: As libpq reads it. A password is better kept in a password file or a service file.
        writable: Whether to make the tables when there are none.

    Raises:
        ToolError: The database cannot be reached or used, or holds no log and none was to be made.
    """
    try:
        import psycopg
    except ModuleNotFoundError as error:
        hint = "use the operator's: ./pants package src/python/pedigree/cli:operator"
        raise ToolError("this `pedigree` is the auditor's, and cannot reach PostgreSQL", hint) from error
    place = _without_password(url)
    with _told(place):
        connection = psycopg.connect(url, autocommit=True, connect_timeout=10)
    database = PostgresDatabase(connection, place)
    try:
        database.prepare(writable)
    except BaseException:
        database.close()
        raise
    return database


class PostgresDatabase:
    """A connection to the schema of one log."""

    def __init__(self, connection: Any, place: str) -> None:
        self._connection = connection
        self._place = place

    def prepare(self, writable: bool) -> None:
        """Find the log, or make its tables."""
        self.rows(f"SET search_path = {SCHEMA}")
        self.rows("SET synchronous_commit = on")  # a server may be set up to forget the last seconds of a crash
        self.rows(f"SET lock_timeout = '{_PATIENCE}s'")
        if self._exists():
            return
        if not writable:
            raise ToolError(f"{self._place} holds no log", "name another with --log, or append to make this one")
        with self.writing():
            if not self._exists():  # somebody else may have made it while this one waited
                for statement in _FORM:
                    self.rows(statement)

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """As `Database.rows`."""
        with _told(self._place):
            cursor = self._connection.execute(statement.replace("?", "%s").encode(), values or None)
            return cursor.fetchall() if cursor.description else []

    @contextmanager
    def writing(self) -> Iterator[None]:
        """As `Database.writing`."""
        with _told(self._place), self._connection.transaction():
            self.rows("SELECT pg_advisory_xact_lock(?)", _LOCK)
            yield

    def check_form(self) -> None:
        """As `Database.check_form`."""
        if self.rows(_LIST, SCHEMA) != _EXPECTED:
            raise MalformedEvidence(f"{self._place} has not the tables and triggers of a log")
        versions = self.rows("SELECT version FROM form")
        if versions != [(_VERSION,)]:
            raise MalformedEvidence(f"{self._place} is a log of form {versions}; this Pedigree reads form {_VERSION}")

    def close(self) -> None:
        """As `Database.close`."""
        self._connection.close()

    def _exists(self) -> bool:
        # Not to_regclass: it goes by a cache, which does not yet know what another made while this one waited.
        select = "SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        return bool(self.rows(f"{select} WHERE n.nspname = ? AND c.relname = 'entries'", SCHEMA))


@contextmanager
def _told(place: str) -> Iterator[None]:
    """Turn psycopg's errors into ours."""
    import psycopg

    try:
        yield
    except psycopg.Error as error:
        what = f"cannot use the log {place}: {str(error).strip()}"
        raise ToolError(what, "look at the URL, at the server, and at the rights of this user") from error


def _without_password(url: str) -> str:
    """The URL as it may be shown."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "postgresql:"
    user = f"{parts.username}@" if parts.username else ""
    return f"postgresql://{user}{parts.netloc.rpartition('@')[2]}{parts.path}"
