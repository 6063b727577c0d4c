"""A log in PostgreSQL, by psycopg: `postgresql://user@host/database`. For those who write from several machines.

The tables lie in the schema `pedigree_log`. Whoever appends needs SELECT and INSERT on them and nothing more, an
auditor SELECT alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from pedigree.step.errors import ToolError
from pedigree.trust.errors import MalformedEvidence

SCHEMA = "pedigree_log"
_LOCK = 0x5045444C4F47  # "PEDLOG"; whoever writes holds this advisory lock, which needs no right on the tables
_PATIENCE = 60  # seconds to wait for others who write; signing with a token may take them a while
_TABLES = ("entries", "heads")
_REFUSE = "BEGIN RAISE EXCEPTION 'the log is append-only'; END"
_FOLLOW = {
    "entries": f"""BEGIN
IF NEW.number IS DISTINCT FROM (SELECT coalesce(max(number), 0) + 1 FROM {SCHEMA}.entries) THEN
RAISE EXCEPTION 'entries are numbered without a gap'; END IF; RETURN NEW; END""",
    "heads": f"""BEGIN
IF NEW.number IS DISTINCT FROM (SELECT max(number) FROM {SCHEMA}.entries)
OR NEW.number <= (SELECT max(number) FROM {SCHEMA}.heads) THEN
RAISE EXCEPTION 'a head covers the last entry'; END IF; RETURN NEW; END""",
}
# Whoever inserts chooses where names are looked up, so the functions say it themselves.
_PATH = "search_path=pg_catalog"
_BEFORE_UPDATE_DELETE_TRUNCATE = 2 | 8 | 16 | 32  # bits of pg_trigger.tgtype, for each statement
_BEFORE_INSERT = 1 | 2 | 4  # for each row

_FIRST_FORM = [
    f"CREATE SCHEMA {SCHEMA}",
    "CREATE TABLE form (version integer NOT NULL)",
    "INSERT INTO form VALUES (1)",
    f"CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $${_REFUSE}$$",
    *(
        statement
        for table in _TABLES
        for statement in (
            f"CREATE TABLE {table} (number bigint PRIMARY KEY CHECK (number > 0), data bytea NOT NULL)",
            f"CREATE TRIGGER {table}_grow BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} EXECUTE FUNCTION refuse()",
        )
    ),
]
_SECOND_FORM = [
    *(
        statement
        for table in _TABLES
        for statement in (
            f"CREATE FUNCTION {table}_follow() RETURNS trigger LANGUAGE plpgsql SET {_PATH} AS $${_FOLLOW[table]}$$",
            f"CREATE TRIGGER {table}_follow BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_follow()",
        )
    ),
    "UPDATE form SET version = 2",
]
_LIST = """
SELECT c.relname::text, c.relkind::text, t.tgname::text, t.tgenabled::text, t.tgtype::int, t.tgqual IS NULL, p.prosrc,
    coalesce(array_to_string(p.proconfig, ' '), '')
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_trigger t ON t.tgrelid = c.oid AND NOT t.tgisinternal
LEFT JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
WHERE n.nspname = ? AND c.relname IN ('entries', 'heads') ORDER BY 1, 3
"""
_GROW = [(table, "r", f"{table}_grow", "O", _BEFORE_UPDATE_DELETE_TRUNCATE, True, _REFUSE, "") for table in _TABLES]
_TRIGGERS = {
    1: _GROW,
    2: sorted(
        _GROW + [(table, "r", f"{table}_follow", "O", _BEFORE_INSERT, True, _FOLLOW[table], _PATH) for table in _TABLES]
    ),
}
"""Form -> what `_LIST` finds. The first does not look at insertion; it is read, and its owner makes it the second."""


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
        """Find the log, or make its tables; give one of the first form its second, where this user may."""
        self.rows(f"SET search_path = {SCHEMA}")
        self.rows("SET synchronous_commit = on")  # a server may be set up to forget the last seconds of a crash
        self.rows(f"SET lock_timeout = '{_PATIENCE}s'")
        if not writable:
            if not self._exists():
                raise ToolError(f"{self._place} holds no log", "name another with --log, or append to make this one")
            return
        if not self._exists():
            self._make(_FIRST_FORM, lambda: not self._exists())
        if self._is_first_and_own():
            self._make(_SECOND_FORM, self._is_first_and_own)

    def _make(self, statements: Sequence[str], still: Callable[[], bool]) -> None:
        with self.writing():
            if still():  # somebody else may have done it while this one waited
                for statement in statements:
                    self.rows(statement)

    def _is_first_and_own(self) -> bool:
        """Whether it is a log of the first form, in order, that this user owns."""
        owned = "SELECT pg_catalog.pg_has_role(nspowner, 'USAGE') FROM pg_catalog.pg_namespace WHERE nspname = ?"
        return self.rows(owned, SCHEMA) == [(True,)] and self.rows(_LIST, SCHEMA) == _TRIGGERS[1]

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
        found = self.rows(_LIST, SCHEMA)
        if found not in _TRIGGERS.values():
            raise MalformedEvidence(f"{self._place} has not the tables and triggers of a log")
        versions = [version for (version,) in self.rows("SELECT version FROM form")]
        if len(versions) != 1 or _TRIGGERS.get(versions[0]) != found:
            raise MalformedEvidence(f"{self._place} is a log of form {versions}, and has not the triggers of that form")

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
