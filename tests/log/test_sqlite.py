from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from log.writing import append, audit, event, failed, unlocked
from pedigree.trust.root import Holder


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("UPDATE entries SET data = x'00' WHERE number = 3", "the log is append-only"),
        ("UPDATE heads SET number = 5 WHERE number = 6", "the log is append-only"),
        ("DELETE FROM entries WHERE number = 3", "the log is append-only"),
        ("DELETE FROM heads", "the log is append-only"),
        ("INSERT OR REPLACE INTO entries VALUES (3, x'00')", "numbered without a gap"),
        ("INSERT INTO entries VALUES (9, x'00')", "numbered without a gap"),
        ("INSERT OR REPLACE INTO heads VALUES (7, x'00')", "covers the last entry"),
        ("INSERT INTO heads VALUES (8, x'00')", "covers the last entry"),
    ],
)
def test_the_database_itself_refuses_changes(url: str, path: Path, statement: str, told: str) -> None:
    assert url
    with closing(sqlite3.connect(path)) as connection, pytest.raises(sqlite3.IntegrityError, match=told):
        connection.execute(statement)


def test_processes_that_append_at_once_all_succeed_in_one_order(path: Path, uri: str, keys: dict[str, Holder]) -> None:
    program = (
        "import sys; from log.writing import append, event\n"
        "for index in range(8): append(sys.argv[1], [event(f'{sys.argv[3]}.step-{index}')], sys.argv[2])"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(each for each in sys.path if each)}
    command = [sys.executable, "-c", program, f"sqlite://{path}", uri]
    started = [subprocess.Popen([*command, name], env=environment) for name in ("one", "two", "three")]
    assert [process.wait(120) for process in started] == [0, 0, 0]
    found = audit(f"sqlite://{path}", keys)
    assert found.verdict.holds and found.head is not None
    assert found.head.head.size == 1 + 3 * 8


def test_an_append_that_is_killed_leaves_the_log_as_it_was(
    url: str, path: Path, uri: str, keys: dict[str, Holder]
) -> None:
    program = (
        "import os, sys; from log.writing import append, event\n"
        "from pedigree.log.sqlite import SqliteDatabase\n"
        "def rows(self, statement, *values, run=SqliteDatabase.rows):\n"
        "    found = run(self, statement, *values)\n"
        "    if statement.startswith('INSERT INTO heads'): os.kill(os.getpid(), 9)\n"
        "    return found\n"
        "SqliteDatabase.rows = rows\n"
        "append(sys.argv[1], [event()], sys.argv[2])"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(each for each in sys.path if each)}
    killed = subprocess.run([sys.executable, "-c", program, url, uri], env=environment, check=False)
    assert killed.returncode == -9
    assert path.with_name("log.db-journal").exists()
    assert failed(url, keys) == []
    assert append(url, [event()], uri)[0].number == 8


def test_at_rest_the_log_is_one_file_and_is_read_where_nothing_can_be_written(
    url: str, path: Path, keys: dict[str, Holder]
) -> None:
    assert [each.name for each in path.parent.iterdir()] == ["log.db"]
    path.chmod(stat.S_IRUSR)
    path.parent.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        assert failed(url, keys) == []
        assert [each.name for each in path.parent.iterdir()] == ["log.db"]
    finally:
        path.parent.chmod(stat.S_IRWXU)


@pytest.mark.parametrize(
    "change",
    [
        lambda data: b"",
        lambda data: b"\xff\xfe not a database",
        lambda data: data[: len(data) // 2],
        lambda data: data[:100],
        lambda data: b"\0" * len(data),
        lambda data: data[:4096] + b"\0" * (len(data) - 4096),
        lambda data: data[:4096] + b"\xff" * (len(data) - 4096),
    ],
)
def test_a_broken_file_is_a_check_that_does_not_hold(url: str, path: Path, keys: dict[str, Holder], change) -> None:  # type: ignore[no-untyped-def]
    path.write_bytes(change(path.read_bytes()))
    verdict = audit(url, keys).verdict
    assert len(verdict.checks) == 8 and not verdict.checks[0].holds


def test_a_huge_file_is_refused_in_little_memory(tmp_path: Path, keys: dict[str, Holder]) -> None:
    path = tmp_path / "huge.db"
    with path.open("wb") as stream:
        stream.truncate(1 << 30)
    assert not audit(f"sqlite://{path}", keys).verdict.checks[0].holds


def test_a_huge_entry_is_not_brought_into_memory(url: str, path: Path, keys: dict[str, Holder]) -> None:
    with unlocked(path) as connection:
        connection.execute("UPDATE entries SET data = zeroblob(300000000) WHERE number = 3")
    program = (
        "import resource, sys; from log.writing import audit\n"
        "resource.setrlimit(resource.RLIMIT_AS, (250 << 20, 250 << 20))\n"
        "first = audit(sys.argv[1], {}).verdict.checks[0]; print(first.holds, first.detail)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(each for each in sys.path if each)}
    command = [sys.executable, "-c", program, url]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("False the table entries holds under 3 what is not"), done.stderr


@pytest.mark.parametrize(
    ("statements", "told"),
    [
        (["ALTER TABLE entries RENAME TO kept", "CREATE VIEW entries AS SELECT * FROM kept"], "tables and triggers"),
        (["CREATE TABLE more (x)"], "tables and triggers"),
        (["PRAGMA application_id = 1"], "something else"),
        (["PRAGMA user_version = 9"], "form 9"),
    ],
)
def test_1_a_database_of_another_form_is_not_read(
    url: str, path: Path, keys: dict[str, Holder], statements: list[str], told: str
) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    first, *others = audit(url, keys).verdict.checks
    assert not first.holds and told in first.detail
    assert all("not looked at" in check.detail for check in others)
