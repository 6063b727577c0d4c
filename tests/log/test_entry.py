from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from log.writing import SUBJECT, event
from pedigree.log.entry import DOMAIN, MAX_LINE, NOTHING_BEFORE, Entry, check_entry, entry_hash, read_entry
from pedigree.trust.errors import MalformedEvidence

ENTRY = Entry(1, event(hour=9), "ab" * 32, NOTHING_BEFORE)


def test_an_entry_is_read_back_as_it_was_written() -> None:
    assert read_entry(ENTRY.data(), "x") == ENTRY


def test_the_hash_is_that_of_a_line_of_text_and_the_stored_bytes() -> None:
    written = (
        b"pedigree.log.entry/1\n"
        b'{"action":"base.approve","actor":{"keyid":"' + b"ab" * 32 + b'","name":"Ada Lovelace"},"details":{},'
        b'"meaning":"fit for its use","number":1,"previous":"' + b"0" * 64 + b'",'
        b'"subject":{"name":"models/base:tiny","sha256":"' + SUBJECT.encode() + b'"},"time":"2026-11-20T09:00:00Z"}'
    )
    assert DOMAIN + ENTRY.data() == written
    assert entry_hash(ENTRY.data()) == hashlib.sha256(written).hexdigest()


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data[:-1],
        lambda data: data + b" ",
        lambda data: data.replace(b'"number":1', b'"number":1,"number":1'),
        lambda data: data.replace(b'"number":1', b'"number":1.0'),
        lambda data: data.replace(b'"number":1', b'"number":true'),
        lambda data: data.replace(b'"number":1', b'"number":"1"'),
        lambda data: data.replace(b'"name":"Ada', b'"mail":"x","name":"Ada'),
        lambda data: data.replace(b'"time":"2026-11-20T09:00:00Z"', b'"time":null'),
        lambda data: data.replace(b'"number":1', b'"note":"x","number":1'),
        lambda data: data.replace(b'"details":{}', b'"details":[]'),
        lambda data: data.replace(b'"details":{}', b'"details":' + b"[" * 20000),
        lambda data: data.replace(b'"details":{}', b'"details":{"a":NaN}'),
        lambda data: data.replace(b'"time":"', b'"time":"0'),
        lambda data: data.replace(b"Ada", b"\xff\xfe"),
        lambda data: data.replace(b"Ada", b"\\ud800"),
        lambda data: data.decode().encode("utf-16"),
        lambda data: b"",
        lambda data: b"[]",
        lambda data: b"null",
    ],
)
def test_another_way_of_writing_is_refused(change) -> None:  # type: ignore[no-untyped-def]
    assert change(ENTRY.data()) != ENTRY.data()
    with pytest.raises(MalformedEvidence):
        read_entry(change(ENTRY.data()), "entry 1")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"action": "approve"}, "noun and a verb"),
        ({"action": "Base.Approve"}, "noun and a verb"),
        ({"action": "base.approve\n"}, "noun and a verb"),
        ({"action": f"base.{'x' * 65}"}, "noun and a verb"),
        ({"actor": ""}, "actor's name"),
        ({"actor": " "}, "actor's name"),
        ({"actor": "Ada\nentry 7 was removed"}, "actor's name"),
        ({"actor": "Ada\x1b[2K"}, "actor's name"),
        ({"actor": "Ada \u202eecalevoL"}, "actor's name"),
        ({"subject": "models/\u200bbase"}, "subject's name"),
        ({"meaning": "fit\u2028for"}, "meaning"),
        ({"meaning": "x" * (MAX_LINE + 1)}, "meaning"),
        ({"sha256": SUBJECT.upper()}, "subject's digest"),
        ({"sha256": SUBJECT[:-1]}, "subject's digest"),
    ],
)
def test_a_field_without_its_form_is_refused(changes: dict[str, str], told: str) -> None:
    with pytest.raises(MalformedEvidence, match=told):
        check_entry(replace(ENTRY, event=replace(ENTRY.event, **changes)), "entry 1")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "time", ["2026-11-20", "2026-11-20T09:00:00+00:00", "2026-11-20T09:00:00.5Z", "2026-13-20T09:00:00Z", "", None]
)
def test_a_time_in_another_form_is_refused(time: str) -> None:
    with pytest.raises(MalformedEvidence, match="is not a time"):
        check_entry(replace(ENTRY, event=replace(ENTRY.event, time=time)), "entry 1")


def test_a_name_in_any_script_is_taken() -> None:
    for name in ("Grace Brewster Hopper", "Jürgen Groß", "岩田 聡", "سلمى"):
        check_entry(replace(ENTRY, event=replace(ENTRY.event, actor=name)), "entry 1")
