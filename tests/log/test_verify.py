from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from log.writing import HOURS, append, audit, event, failed, keys_of, last_head, unlocked, write_log
from pedigree.log import append as appending
from pedigree.log.entry import entry_hash, read_entry
from pedigree.log.head import PAYLOAD_TYPE, Head, sign_head
from pedigree.step.canonical import canonical_json
from pedigree.trust.envelope import sign_envelope
from pedigree.trust.root import Holder
from pedigree.trust.signed import add_signature, unsigned
from pedigree.trust.signers import load_signer, signer_public_key
from pedigree.trust.times import write_time
from trust.keyfile import make_key


def data_of(path: Path, table: str, number: int) -> bytes:
    with unlocked(path) as connection:
        ((data,),) = connection.execute(f"SELECT data FROM {table} WHERE number = ?", (number,))
    return bytes(data)


def put(path: Path, table: str, number: int, data: object) -> None:
    with unlocked(path) as connection:
        connection.execute(f"UPDATE {table} SET data = ? WHERE number = ?", (data, number))


def detail(url: str, keys: dict[str, Holder], number: int, seen: bytes | None = None) -> str:
    return audit(url, keys, seen).verdict.checks[number - 1].detail


def test_a_log_that_nobody_touched_holds_and_gives_its_last_head(url: str, keys: dict[str, Holder]) -> None:
    found = audit(url, keys)
    assert [check.number for check in found.verdict.checks] == list(range(1, 9))
    assert found.verdict.holds and found.head is not None
    assert (found.head.head.size, found.head.envelope) == (7, last_head(url))


def test_an_empty_log_does_not_hold(path: Path, keys: dict[str, Holder], url: str) -> None:
    with unlocked(path) as connection:
        connection.executescript("DELETE FROM entries; DELETE FROM heads")
    assert failed(url, keys) == [7]
    assert "has no head" in detail(url, keys, 7)


def test_2_an_entry_in_another_form_is_refused(path: Path, url: str, keys: dict[str, Holder]) -> None:
    document = json.loads(data_of(path, "entries", 4))
    put(path, "entries", 4, canonical_json({**document, "note": "x"}))
    assert 2 in failed(url, keys)
    assert "entry 4 has other fields than an entry" in detail(url, keys, 2)


@pytest.mark.parametrize("stored", ["text", 7, b"", b"x" * 70000])
def test_1_a_column_that_holds_something_else_is_refused(
    path: Path, url: str, keys: dict[str, Holder], stored: object
) -> None:
    put(path, "entries", 4, stored)
    assert set(failed(url, keys)) & {1, 2}


def test_3_an_entry_under_the_number_of_another_is_refused(path: Path, url: str, keys: dict[str, Holder]) -> None:
    third, fourth = data_of(path, "entries", 3), data_of(path, "entries", 4)
    put(path, "entries", 3, fourth)
    put(path, "entries", 4, third)
    assert failed(url, keys) == [3, 4]
    assert detail(url, keys, 3) == "in the place of entry 3 stands entry 4"


def test_4_a_time_that_goes_back_is_refused(
    url: str, uri: str, keys: dict[str, Holder], monkeypatch: pytest.MonkeyPatch
) -> None:
    # A signer with a program of their own can write what ours refuses.
    monkeypatch.setattr(appending, "_end", lambda store, end=appending._end: replace(end(store), time=""))
    append(url, [event(hour=1)], uri)
    assert failed(url, keys) == [4]
    assert detail(url, keys, 4) == f"entry 8 is of {HOURS[1]}, before {HOURS[5]}"


def test_4_a_time_in_the_future_is_refused(
    url: str, uri: str, keys: dict[str, Holder], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(appending, "latest_time", lambda now: "9999-12-31T23:59:59Z")
    later = write_time(datetime.now(UTC) + timedelta(hours=1))
    append(url, [replace(event(), time=later)], uri)
    assert failed(url, keys) == [4]
    assert "lies in the future" in detail(url, keys, 4)


def test_5_a_head_of_a_key_that_is_not_given_is_refused(
    url: str, uri: str, other: str, keys: dict[str, Holder]
) -> None:
    append(url, [event()], other)
    assert failed(url, keys) == [5, 6, 7]
    assert "not a given one" in detail(url, keys, 5)
    assert failed(url, keys_of(uri, other)) == []


def test_5_a_link_or_layout_by_the_same_key_is_no_head(path: Path, url: str, uri: str, keys: dict[str, Holder]) -> None:
    public = signer_public_key(uri)
    put(path, "heads", 7, sign_envelope({"_type": "link", "name": "x"}, load_signer(uri, public)))
    assert "holds a 'application/vnd.in-toto+json'" in detail(url, keys, 5)
    signed = add_signature(unsigned({"schema": "pedigree.trust-root/1"}, PAYLOAD_TYPE), load_signer(uri, public))
    put(path, "heads", 7, signed.to_bytes())
    assert "is not a pedigree.log.head/1 document" in detail(url, keys, 5)


def test_6_an_entry_under_the_head_of_somebody_else_is_refused(path: Path, url: str, uri: str, other: str) -> None:
    # The other may write to this log too, and signs an entry that names the first as its actor.
    entry = read_entry(data_of(path, "entries", 7), "x")
    head = Head(entry_hash(data_of(path, "entries", 1)), 7, entry_hash(entry.data()), entry.time)
    put(path, "heads", 7, sign_head(head, load_signer(other, signer_public_key(other))))
    assert failed(url, keys_of(uri, other)) == [6]
    assert "entry 7 is covered by a head that somebody else signed" in detail(url, keys_of(uri, other), 6)


def test_6_entries_of_two_actors_under_one_head_are_refused(url: str, path: Path, uri: str, other: str) -> None:
    append(url, [event()], other)
    with unlocked(path) as connection:
        connection.execute("DELETE FROM heads WHERE number = 7")
    assert failed(url, keys_of(uri, other)) == [6]
    assert "no head of its actor covers entry 7" in detail(url, keys_of(uri, other), 6)


@pytest.mark.parametrize(
    ("name", "retired", "found_by"),
    [
        ("Ada Lovelace", "", []),
        ("Grace Hopper", "", [6]),
        ("Ada Lovelace", HOURS[9], []),
        ("Ada Lovelace", HOURS[5], [6]),
    ],
)
def test_6_a_listed_holder_writes_under_the_listed_name_and_until_the_key_is_retired(
    url: str, uri: str, name: str, retired: str, found_by: list[int]
) -> None:
    public = signer_public_key(uri)
    assert failed(url, {public.keyid: Holder(name, public, retired)}) == found_by


def test_6_entries_at_the_end_without_a_head_are_refused(url: str, path: Path, keys: dict[str, Holder]) -> None:
    with unlocked(path) as connection:
        connection.execute("DELETE FROM heads WHERE number = 7")
    assert failed(url, keys) == [6]
    assert detail(url, keys, 6) == "no head covers entry 7"


@pytest.mark.parametrize("changes", [{"size": 6}, {"last": "ab" * 32}, {"log": "ab" * 32}, {"time": HOURS[9]}])
def test_7_a_head_that_says_something_else_is_refused(
    path: Path, url: str, uri: str, keys: dict[str, Holder], changes: dict[str, object]
) -> None:
    head = audit(url, keys).head
    assert head is not None
    signer = load_signer(uri, signer_public_key(uri))
    put(path, "heads", 7, sign_head(replace(head.head, **changes), signer))  # type: ignore[arg-type]
    assert failed(url, keys) == [7]


def test_8_a_log_that_has_grown_goes_on_from_what_was_seen(url: str, uri: str, keys: dict[str, Holder]) -> None:
    seen = last_head(url)
    append(url, [event()], uri)
    assert failed(url, keys, seen) == []
    assert "seen before: 7 entries" in detail(url, keys, 8, seen)


def test_8_another_log_is_refused(
    url: str, uri: str, keys: dict[str, Holder], tmp_path_factory: pytest.TempPathFactory
) -> None:
    another = write_log(tmp_path_factory.mktemp("another") / "log.db", uri)
    assert failed(another, keys, last_head(url)) == [8]
    assert "this is another log" in detail(another, keys, 8, last_head(url))


def test_8_what_is_remembered_must_be_signed_by_a_given_key(url: str, keys: dict[str, Holder], tmp_path: Path) -> None:
    stranger = make_key(tmp_path / "stranger.pem")
    forged = sign_head(Head("ab" * 32, 1, "ab" * 32, HOURS[0]), load_signer(stranger, signer_public_key(stranger)))
    for seen in (forged, b"", b"{}", b"\xff\xfe", last_head(url)[:-1], last_head(url) + b"\n"):
        assert failed(url, keys, seen) == [8]


def test_what_is_appended_while_somebody_verifies_is_not_looked_at(
    url: str, uri: str, keys: dict[str, Holder], monkeypatch: pytest.MonkeyPatch
) -> None:
    from pedigree.log.store import Store

    def bound(store: Store, bound=Store.bound) -> int:  # type: ignore[no-untyped-def]
        found: int = bound(store)
        append(url, [event()], uri)
        return found

    monkeypatch.setattr(Store, "bound", bound)
    found = audit(url, keys)
    assert found.verdict.holds and found.head is not None
    assert found.head.head.size == 7
