"""Log tampering: somebody who can write to the database edits, deletes, truncates, reorders, or shows a fork.

Each kind is made twice: carelessly, and by somebody who knows the format and makes every hash anew that needs no key.
"""

from __future__ import annotations

import itertools
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from log.writing import append, event, failed, keys_of, last_head, unlocked
from pedigree.log import verify
from pedigree.log.checks import CHECKS
from pedigree.log.entry import NOTHING_BEFORE, Entry, entry_hash, read_entry
from pedigree.log.head import Head, sign_head
from pedigree.log.place import Place, Writers
from pedigree.trust.root import Holder
from pedigree.trust.signers import load_signer, signer_public_key
from trust.keyfile import make_key

Change = Callable[[list[Entry]], list[Entry]]
CHAIN, KEYS, ACTORS, HEADS, SEEN = 3, 5, 6, 7, 8


@pytest.fixture(scope="module")
def uri(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_key(tmp_path_factory.mktemp("key") / "signer.pem")


@pytest.fixture(scope="module")
def keys(uri: str) -> dict[str, Holder]:
    return keys_of(uri)


@pytest.fixture
def path(tmp_path: Path, uri: str) -> Path:
    """A log of seven entries, all of one hour, under the heads 2, 6 and 7."""
    path = tmp_path / "log.db"
    for actions in (["base.propose"], ["base.scan", "base.approve", "base.revoke", "base.propose"], ["layout.sign"]):
        append(f"sqlite://{path}", [event(action, 9) for action in actions], uri)
    return path


class _Off:
    """A check that is not made."""

    def __init__(self, writers: Writers, seen: bytes | None) -> None:
        pass

    def see(self, place: Place) -> None:
        """Look at nothing."""

    def conclude(self) -> str:
        """Say so."""
        return "off"


def found_by(path: Path, keys: dict[str, Holder], seen: bytes | None = None) -> list[int]:
    return failed(f"sqlite://{path}", keys, seen)


def without(monkeypatch: pytest.MonkeyPatch, *numbers: int) -> None:
    off = [(claim, _Off if at in numbers else make) for at, (claim, make) in enumerate(CHECKS, 2)]
    monkeypatch.setattr(verify, "CHECKS", tuple(off))


def rewrite(path: Path, change: Change, rechain: bool) -> None:
    """Write other entries in the place of the stored ones. Heads cannot be signed anew, but moved to other entries."""
    with unlocked(path) as connection:
        rows = connection.execute("SELECT data FROM entries ORDER BY number").fetchall()
        changed = change([read_entry(data, "x") for (data,) in rows])
        if rechain:
            lost = len(rows) - len(changed)
            connection.execute("UPDATE heads SET number = number - ? WHERE number > 2", (lost,))
        numbers = sorted(entry.number for entry in changed)
        entries = zip(itertools.count(1), _rechained(changed)) if rechain else zip(numbers, changed, strict=True)
        connection.execute("DELETE FROM entries")
        stored = [(number, entry.data()) for number, entry in entries]
        connection.executemany("INSERT INTO entries VALUES (?, ?)", stored)


def _rechained(entries: list[Entry]) -> Iterator[Entry]:
    previous = NOTHING_BEFORE
    for number, entry in enumerate(entries, 1):
        linked = replace(entry, number=number, previous=previous)
        previous = entry_hash(linked.data())
        yield linked


def edit(entries: list[Entry]) -> list[Entry]:
    """The approval turns into one with another meaning."""
    return [
        replace(entry, event=replace(entry.event, meaning="fit for every use"))
        if entry.event.action == "base.approve"
        else entry
        for entry in entries
    ]


def delete(entries: list[Entry]) -> list[Entry]:
    """The revocation vanishes."""
    return [entry for entry in entries if entry.event.action != "base.revoke"]


def reorder(entries: list[Entry]) -> list[Entry]:
    """The revocation comes before the approval, which then stands."""
    moved = list(entries)
    moved[3], moved[4] = entries[4], entries[3]
    return moved


KINDS = pytest.mark.parametrize("change", [edit, delete, reorder])


@KINDS
def test_a_careless_change_is_found_by_the_chain(path: Path, keys: dict[str, Holder], change: Change) -> None:
    rewrite(path, change, rechain=False)
    assert found_by(path, keys) == [CHAIN]


@KINDS
def test_with_the_chain_off_it_gets_through(
    path: Path, keys: dict[str, Holder], change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    rewrite(path, change, rechain=False)
    without(monkeypatch, CHAIN)
    assert found_by(path, keys) == []


@KINDS
def test_a_change_with_every_hash_made_anew_is_found_by_the_heads(
    path: Path, keys: dict[str, Holder], change: Change
) -> None:
    rewrite(path, change, rechain=True)
    assert found_by(path, keys) == [HEADS]


@KINDS
def test_with_the_heads_off_it_gets_through(
    path: Path, keys: dict[str, Holder], change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    rewrite(path, change, rechain=True)
    without(monkeypatch, HEADS)
    assert found_by(path, keys) == []


def truncate(path: Path, tables: str) -> None:
    """Take away the last entry, and perhaps the head over it."""
    with unlocked(path) as connection:
        for table in tables.split():
            connection.execute(f"DELETE FROM {table} WHERE number = 7")


def test_a_careless_cut_is_found_by_the_heads(
    path: Path, keys: dict[str, Holder], monkeypatch: pytest.MonkeyPatch
) -> None:
    truncate(path, "entries")
    assert found_by(path, keys) == [HEADS]
    without(monkeypatch, HEADS)
    assert found_by(path, keys) == []


def test_a_cut_with_its_head_is_found_by_the_head_that_was_seen(path: Path, keys: dict[str, Holder]) -> None:
    seen = last_head(f"sqlite://{path}")
    truncate(path, "entries heads")
    assert found_by(path, keys, seen) == [SEEN]


def test_with_no_head_seen_before_a_cut_gets_through(
    path: Path, keys: dict[str, Holder], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = last_head(f"sqlite://{path}")
    truncate(path, "entries heads")
    assert found_by(path, keys) == []
    without(monkeypatch, SEEN)
    assert found_by(path, keys, seen) == []


@pytest.fixture
def fork(path: Path, uri: str) -> tuple[Path, bytes]:
    """One who may sign goes on in two ways: a log that the auditor is shown later, and a head of the first way."""
    other = path.with_name("fork.db")
    shutil.copy(path, other)
    append(f"sqlite://{path}", [event("base.revoke")], uri)
    seen = last_head(f"sqlite://{path}")
    append(f"sqlite://{other}", [event("base.approve"), event("release.seal")], uri)
    return other, seen


def test_a_fork_is_found_by_the_head_that_was_seen(fork: tuple[Path, bytes], keys: dict[str, Holder]) -> None:
    other, seen = fork
    assert found_by(other, keys, seen) == [SEEN]


def test_with_no_head_seen_before_a_fork_gets_through(
    fork: tuple[Path, bytes], keys: dict[str, Holder], monkeypatch: pytest.MonkeyPatch
) -> None:
    other, seen = fork
    assert found_by(other, keys) == []
    without(monkeypatch, SEEN)
    assert found_by(other, keys, seen) == []


def test_entries_of_a_stranger_are_found_by_the_keys_of_heads_and_behind_them_by_what_heads_cover(
    path: Path, keys: dict[str, Holder], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(f"sqlite://{path}", [event("base.approve")], make_key(tmp_path / "stranger.pem"))
    assert found_by(path, keys) == [KEYS, ACTORS, HEADS]
    for off in (KEYS, ACTORS):
        with monkeypatch.context() as one:
            without(one, off)
            assert set(found_by(path, keys)) == {KEYS, ACTORS, HEADS} - {off}
    without(monkeypatch, KEYS, ACTORS, HEADS)
    assert found_by(path, keys) == []


def test_an_entry_in_the_name_of_another_is_found_by_who_signed_the_head_over_it(
    path: Path, uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both may write to this log; the one signs a head over an entry that names the other."""
    other = make_key(tmp_path / "other.pem")
    both = keys_of(uri, other)
    with unlocked(path) as connection:
        stored = dict(connection.execute("SELECT number, data FROM entries"))
        entry = read_entry(stored[7], "x")
        head = Head(entry_hash(stored[1]), 7, entry_hash(stored[7]), entry.time)
        signed = sign_head(head, load_signer(other, signer_public_key(other)))
        connection.execute("UPDATE heads SET data = ? WHERE number = 7", (signed,))
    assert found_by(path, both) == [ACTORS]
    without(monkeypatch, ACTORS)
    assert found_by(path, both) == []


def test_the_database_refuses_whoever_leaves_its_triggers_in_place(path: Path) -> None:
    connection = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute("DELETE FROM entries WHERE number = 7")
    connection.close()
