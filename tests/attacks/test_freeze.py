"""Freeze: a verifier is cut off from what is new, and shown for ever what he saw before."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from attacks.on_release import FRESH, found_by, require_layers
from attacks.verifier import DAY, MODEL, Verifier, started
from pedigree.trust import freshness
from pedigree.trust.errors import Refused
from pedigree.trust.inforce import Trust
from trust.office import NOON, Office
from trust.published import put_in_force, sealed_in

EXPIRES = "2026-04-30T12:00:00Z"
MADE = datetime(2026, 1, 31, 12, tzinfo=UTC)


def attack(directory: Path) -> tuple[dict[str, bytes], Verifier]:
    """The last state before a model was revoked, and a verifier who believed it in time."""
    office, root, verifier = started(directory)
    office.approve(office.propose("models/base:tiny", MODEL), "Quentin", "Lea")
    office.publish_snapshot(root, time=NOON, expires=EXPIRES)
    frozen = dict(office.files)
    assert verifier.believes(frozen).approved("tiny", MODEL)
    office.revoke("Lea", "base", {"models/base:tiny": MODEL["model.safetensors"]})
    office.publish_snapshot(root, 2, time=NOON, expires=EXPIRES)
    return frozen, verifier


# How many days later, how old news may be, and what is told.
LATE = pytest.mark.parametrize(
    ("days", "max_age", "words"),
    [
        (90, None, f"version 1 of the snapshot expired at {EXPIRES}"),
        (8, 7 * DAY, f"was made at {NOON}, more than 7 days ago"),
    ],
)


@LATE
def test_it_ends_when_the_snapshot_expires_and_sooner_for_who_wants_younger_news(
    tmp_path: Path, days: int, max_age: timedelta | None, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    frozen, verifier = attack(tmp_path)
    late = replace(verifier, now=MADE + days * DAY, max_age=max_age)
    with pytest.raises(Refused, match=words):
        late.believes(frozen)
    monkeypatch.setattr(freshness, "freshness", lambda *_: "")
    assert late.believes(frozen).approved("tiny", MODEL)


@LATE
def test_on_a_release_it_is_found_by_check_19_alone(
    tmp_path: Path, days: int, max_age: timedelta | None, words: str
) -> None:
    office = Office(tmp_path)
    put_in_force(office)
    office.publish_snapshot(office.root(), time=NOON, expires=EXPIRES)
    release = sealed_in(office, tmp_path / "work", "Ray")
    whom = Trust(office.root(), office.files, None, MADE + days * DAY, max_age)
    assert words in found_by(release, office.key("Ray"), (), whom)[FRESH]
    require_layers(release, office.key("Ray"), (FRESH,), whom)


@pytest.mark.parametrize("years", [1, 100])
def test_control_off_the_revoked_model_stays_approved_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, years: int
) -> None:
    frozen, verifier = attack(tmp_path)
    monkeypatch.setattr(freshness, "freshness", lambda *_: "")
    late = replace(verifier, now=MADE + timedelta(days=365 * years), max_age=DAY)
    assert late.believes(frozen).approved("tiny", MODEL)
