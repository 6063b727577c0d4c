from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import quote

import pytest

from log.server import running_server, server_programs
from log.writing import append, audit, event, failed, last_head
from pedigree.log.postgres import SCHEMA
from pedigree.log.store import open_store
from pedigree.step.errors import ToolError
from pedigree.trust.root import Holder

psycopg = pytest.importorskip("psycopg", reason="psycopg comes with the operator's packages")
PROGRAMS = server_programs()
pytestmark = pytest.mark.skipif(PROGRAMS is None, reason="the package postgresql is not installed")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    assert PROGRAMS is not None
    with running_server(PROGRAMS) as url:
        yield url


@pytest.fixture
def database(server: str, request: pytest.FixtureRequest) -> str:
    """An empty database for each test."""
    name = f"d{abs(hash(request.node.name)):x}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server.replace("/postgres?", f"/{name}?")


@pytest.fixture
def log(database: str, uri: str) -> str:
    """A log of four entries under two heads: 3 and 4."""
    append(database, [event("a.b", 1), event("c.d", 2)], uri)
    append(database, [event("e.f", 3)], uri)
    return database


def as_superuser(url: str) -> AbstractContextManager[psycopg.Connection]:  # type: ignore[name-defined]
    connection = psycopg.connect(url, autocommit=True)
    connection.execute(f"SET search_path = {SCHEMA}")
    return connection  # type: ignore[no-any-return]


def test_a_log_in_postgresql_holds_and_goes_on(log: str, uri: str, keys: dict[str, Holder]) -> None:
    seen = last_head(log)
    append(log, [event()], uri)
    assert failed(log, keys, seen) == []
    with open_store(log) as store:
        assert [row.number for row in store.entries(store.bound())] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET data = 'x' WHERE number = 2",
        "DELETE FROM entries WHERE number = 2",
        "TRUNCATE entries",
        "UPDATE heads SET number = 9",
        "DELETE FROM heads",
        "TRUNCATE heads",
        "INSERT INTO entries VALUES (2, 'x') ON CONFLICT (number) DO UPDATE SET data = 'x'",
    ],
)
def test_the_database_itself_refuses_changes(log: str, statement: str) -> None:
    with as_superuser(log) as connection, pytest.raises(psycopg.errors.RaiseException, match="append-only"):
        connection.execute(statement)


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("INSERT INTO entries VALUES (1000000000, 'x')", "without a gap"),
        ("INSERT INTO entries VALUES (6, 'x')", "without a gap"),
        ("INSERT INTO entries VALUES (5, 'x'), (7, 'y')", "without a gap"),
        ("INSERT INTO entries VALUES (NULL, 'x')", "without a gap"),
        ("INSERT INTO heads VALUES (1000000000, 'x')", "covers the last entry"),
        ("INSERT INTO heads VALUES (2, 'x')", "covers the last entry"),
        ("INSERT INTO heads VALUES (4, 'x')", "covers the last entry"),
        # Names that the function would find first, if whoever inserts could choose where it looks.
        (
            "CREATE TEMP TABLE entries AS SELECT 999999999::bigint AS number; "
            f"INSERT INTO {SCHEMA}.entries VALUES (1000000000, 'x')",
            "without a gap",
        ),
        (
            "CREATE FUNCTION public.max(bigint) RETURNS bigint LANGUAGE sql AS 'SELECT 999999999::bigint'; "
            f"SET search_path = public, pg_catalog; INSERT INTO {SCHEMA}.entries VALUES (1000000000, 'x')",
            "without a gap",
        ),
    ],
)
def test_nobody_leaves_a_gap_after_which_nobody_could_append(
    log: str, uri: str, keys: dict[str, Holder], statement: str, told: str
) -> None:
    with as_superuser(log) as connection, pytest.raises(psycopg.errors.RaiseException, match=told):
        connection.execute(statement)
    append(log, [event()], uri)
    assert failed(log, keys) == []


@pytest.fixture
def first_form(log: str) -> str:
    """The log as it was made before insertion was looked at."""
    with as_superuser(log) as connection:
        connection.execute("DROP FUNCTION entries_follow() CASCADE; DROP FUNCTION heads_follow() CASCADE")
        connection.execute("UPDATE form SET version = 1")
    return log


def test_a_log_of_the_first_form_is_read_and_its_owner_makes_it_the_second_by_appending(
    first_form: str, uri: str, keys: dict[str, Holder]
) -> None:
    assert failed(first_form, keys) == []
    with as_superuser(first_form) as connection:
        assert connection.execute("SELECT version FROM form").fetchall() == [(1,)]
    append(first_form, [event()], uri)
    assert failed(first_form, keys) == []
    with as_superuser(first_form) as connection:
        assert connection.execute("SELECT version FROM form").fetchall() == [(2,)]
        with pytest.raises(psycopg.errors.RaiseException, match="without a gap"):
            connection.execute("INSERT INTO entries VALUES (1000000000, 'x')")


def test_who_does_not_own_a_log_of_the_first_form_appends_to_it_as_it_is(
    first_form: str, uri: str, keys: dict[str, Holder]
) -> None:
    grant_writer(first_form)
    writer = first_form.replace("admin@", "writer@")
    append(writer, [event()], uri)
    assert failed(writer, keys) == []
    with as_superuser(first_form) as connection:
        assert connection.execute("SELECT version FROM form").fetchall() == [(1,)]


@pytest.mark.parametrize(
    ("statement", "found_by"),
    [
        ("UPDATE entries SET data = replace(encode(data, 'escape'), 'fit', 'bad')::bytea WHERE number = 2", [3]),
        ("DELETE FROM entries WHERE number = 2", [3]),
        ("DELETE FROM entries WHERE number = 4", [7]),
        ("UPDATE entries SET number = 5 - number WHERE number IN (2, 3)", [3, 4, 7]),
    ],
)
def test_changes_of_somebody_who_takes_the_triggers_away_are_found(
    log: str, keys: dict[str, Holder], statement: str, found_by: list[int]
) -> None:
    with as_superuser(log) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("ALTER TABLE entries DROP CONSTRAINT entries_pkey")
        connection.execute(statement)
        connection.execute("ALTER TABLE entries ADD PRIMARY KEY (number)")
    assert failed(log, keys) == found_by


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE entries DISABLE TRIGGER ALL",
        "DROP TRIGGER heads_grow ON heads",
        "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$",
        "ALTER TABLE entries RENAME TO kept; CREATE VIEW entries AS SELECT * FROM kept",
        "ALTER FUNCTION entries_follow() RESET search_path",
        "DROP TRIGGER entries_follow ON entries",
        "DROP TRIGGER entries_follow ON entries; DROP TRIGGER heads_follow ON heads",
        "UPDATE form SET version = 1",
        "UPDATE form SET version = 3",
        "INSERT INTO form VALUES (2)",
    ],
)
def test_1_a_database_of_another_form_is_not_read(log: str, keys: dict[str, Holder], statement: str) -> None:
    with as_superuser(log) as connection:
        connection.execute(statement)
    assert not audit(log, keys).verdict.checks[0].holds


def test_a_cut_is_found_by_the_head_that_was_seen(log: str, keys: dict[str, Holder]) -> None:
    seen = last_head(log)
    with as_superuser(log) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("DELETE FROM entries WHERE number = 4; DELETE FROM heads WHERE number = 4")
    assert failed(log, keys) == [] and failed(log, keys, seen) == [8]


def test_processes_that_append_at_once_all_succeed_in_one_order(
    database: str, uri: str, keys: dict[str, Holder]
) -> None:
    program = (
        "import sys; from log.writing import append, event\n"
        "for index in range(8): append(sys.argv[1], [event(f'{sys.argv[3]}.step-{index}')], sys.argv[2])"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(each for each in sys.path if each)}
    command = [sys.executable, "-c", program, database, uri]
    started = [subprocess.Popen([*command, name], env=environment) for name in ("one", "two", "three")]
    assert [process.wait(120) for process in started] == [0, 0, 0]
    found = audit(database, keys)
    assert found.verdict.holds and found.head is not None
    assert found.head.head.size == 1 + 3 * 8


def grant_writer(log: str) -> None:
    """A role of the name `writer`, with the rights that docs/log.md names."""
    with as_superuser(log) as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = 'writer'").fetchall():
            connection.execute("CREATE ROLE writer LOGIN")
        connection.execute(f"GRANT USAGE ON SCHEMA {SCHEMA} TO writer")
        connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {SCHEMA} TO writer")
        connection.execute("GRANT INSERT ON entries, heads TO writer")


def test_select_and_insert_are_all_the_rights_that_a_writer_needs(log: str, uri: str, keys: dict[str, Holder]) -> None:
    grant_writer(log)
    append(log.replace("admin@", "writer@"), [event()], uri)
    assert failed(log.replace("admin@", "writer@"), keys) == []
    with as_superuser(log) as connection:
        connection.execute("REVOKE INSERT ON entries FROM writer")
    with pytest.raises(ToolError, match="permission denied"):
        append(log.replace("admin@", "writer@"), [event()], uri)


def test_an_entry_that_is_too_long_is_not_fetched(log: str, keys: dict[str, Holder]) -> None:
    with as_superuser(log) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE entries SET data = decode(repeat('00', 50000000), 'hex') WHERE number = 2")
    first = audit(log, keys).verdict.checks[0]
    assert not first.holds and "holds under 2 what is not" in first.detail


def test_a_database_without_a_log_and_a_server_that_is_not_there_are_told_without_the_password(
    database: str, tmp_path: Path
) -> None:
    with pytest.raises(ToolError, match="holds no log"):
        open_store(database)
    nowhere = f"postgresql://admin:hunter2@/postgres?host={quote(str(tmp_path), safe='')}"
    with pytest.raises(ToolError, match="cannot use the log postgresql://admin@/postgres") as told:
        open_store(nowhere)
    assert "hunter2" not in str(told.value)
