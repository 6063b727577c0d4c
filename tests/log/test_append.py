from __future__ import annotations

import os
import pwd
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from log.writing import SUBJECT, append, event, failed, keys_of, unlocked, write_log
from pedigree.log.append import LOG_VARIABLE, NO_LOG, chosen_log, record_event
from pedigree.log.entry import MAX_ENTRY, Entry, read_entry
from pedigree.log.store import open_store
from pedigree.step.errors import ToolError
from pedigree.trust.root import Holder
from pedigree.trust.signatory import open_key
from pedigree.trust.signers import signer_public_key
from pedigree.trust.times import write_time


def stored(url: str) -> list[Entry]:
    with open_store(url) as store:
        return [read_entry(row.data, "x") for row in store.entries(store.bound())]


def test_the_first_append_opens_the_log_and_names_the_key(path: Path, uri: str) -> None:
    append(f"sqlite://{path}", [event(hour=1)], uri)
    opening, first = stored(f"sqlite://{path}")
    assert (opening.number, opening.event.action, first.number) == (1, "log.open", 2)
    assert opening.event.sha256 == signer_public_key(uri).fingerprint


def test_two_logs_that_begin_alike_are_two_logs(tmp_path: Path, uri: str) -> None:
    first, second = (write_log(tmp_path / name, uri) for name in ("one.db", "two.db"))
    assert stored(first)[0].event.details != stored(second)[0].event.details


def test_what_is_appended_is_what_was_told(url: str, uri: str) -> None:
    told = replace(event("base.revoke", 9, meaning="no longer fit"), details={"reference": "CR-7", "count": 2})
    (entry,) = append(url, [told], uri)
    assert stored(url)[-1] == entry and entry.event == told
    assert entry.keyid == signer_public_key(uri).keyid and entry.number == 8


def test_the_clock_is_read_when_no_time_is_told(url: str, uri: str) -> None:
    before = write_time(datetime.now(UTC))
    (entry,) = append(url, [event()], uri)
    assert before <= entry.time <= write_time(datetime.now(UTC))


def test_a_batch_is_written_as_a_whole_or_not_at_all(url: str, uri: str, keys: dict[str, Holder]) -> None:
    with pytest.raises(ToolError, match="noun and a verb"):
        append(url, [event(hour=10), event("nonsense", 11)], uri)
    assert len(stored(url)) == 7 and failed(url, keys) == []


def test_a_time_before_the_last_is_refused_and_said(url: str, uri: str) -> None:
    with pytest.raises(ToolError, match=r"2026-11-20T04:00:00Z lies before 2026-11-20T05:00:00Z, that of entry 7"):
        append(url, [event(hour=4)], uri)
    assert len(stored(url)) == 7
    append(url, [event(hour=5)], uri)  # at the same time is not before


def test_a_time_in_the_future_is_refused(url: str, uri: str) -> None:
    later = write_time(datetime.now(UTC) + timedelta(hours=1))
    with pytest.raises(ToolError, match="lies in the future"):
        append(url, [replace(event(), time=later)], uri)


def test_details_that_are_not_json_are_refused(url: str, uri: str) -> None:
    with pytest.raises(ToolError, match="write decimals as strings"):
        append(url, [replace(event(), details={"share": 0.5})], uri)


def test_an_entry_that_no_reader_would_take_in_is_refused(url: str, uri: str, keys: dict[str, Holder]) -> None:
    with pytest.raises(ToolError, match="bytes long; 65536 is the most"):
        append(url, [replace(event(), details={"all": "x" * MAX_ENTRY})], uri)
    room = MAX_ENTRY - len(stored(url)[-1].data()) - len('"all":""')
    append(url, [replace(event(hour=6), details={"all": "x" * (room - 100)})], uri)
    assert failed(url, keys) == []


def test_several_actors_write_to_one_log(url: str, uri: str, other: str) -> None:
    append(url, [event("layout.sign", actor="Grace Hopper")], other)
    assert failed(url, keys_of(uri, other)) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("DELETE FROM heads WHERE number = 7", "does not cover its last entry"),
        ("DELETE FROM entries WHERE number = 7", "does not cover its last entry"),
        ("DELETE FROM entries", "does not cover its last entry"),
        ("DELETE FROM entries WHERE number = 1", "has no entry 1"),
        ("UPDATE entries SET data = x'7b7d' WHERE number = 7", "has not the form of an entry"),
        ("CREATE TABLE more (x)", "has not the tables and triggers"),
        ("PRAGMA user_version = 2", "a log of form 2"),
    ],
)
def test_nothing_is_appended_to_a_damaged_log(url: str, path: Path, uri: str, change: str, told: str) -> None:
    with unlocked(path) as connection:
        connection.execute(change)
    before = path.read_bytes()
    with pytest.raises(ToolError, match=told):
        append(url, [event()], uri)
    assert path.read_bytes() == before


def test_an_event_is_recorded_where_the_variable_says(
    path: Path, uri: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(LOG_VARIABLE, NO_LOG)
    assert record_event(event(), open_key(uri)) is None
    monkeypatch.setenv(LOG_VARIABLE, f"sqlite://{path}")
    entry = record_event(event(), open_key(uri))
    assert entry is not None and stored(f"sqlite://{path}")[-1] == entry and entry.event.sha256 == SUBJECT
    monkeypatch.setenv(LOG_VARIABLE, "mysql://host/log")
    with pytest.raises(ToolError, match="unknown scheme 'mysql:'"):
        record_event(event(), open_key(uri))


def test_without_the_variable_it_is_the_users_own_log(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in (None, ""):
        monkeypatch.delenv(LOG_VARIABLE, raising=False)
        if value is not None:
            monkeypatch.setenv(LOG_VARIABLE, value)
        assert chosen_log() == f"sqlite://{Path(pwd.getpwuid(os.getuid()).pw_dir) / '.config/pedigree/log.db'}"
    monkeypatch.setenv(LOG_VARIABLE, NO_LOG)
    assert chosen_log() == ""
