"""Freeze: a verifier is cut off from what is new, and shown for ever what he saw before."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from attacks.verifier import DAY, MODEL, Verifier, started
from pedigree.trust import freshness
from pedigree.trust.errors import Refused
from trust.office import NOON

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


def test_it_ends_when_the_snapshot_expires(tmp_path: Path) -> None:
    frozen, verifier = attack(tmp_path)
    with pytest.raises(Refused, match=f"version 1 of the snapshot expired at {EXPIRES}"):
        replace(verifier, now=MADE + 90 * DAY).believes(frozen)


def test_it_ends_sooner_for_who_wants_younger_news(tmp_path: Path) -> None:
    frozen, verifier = attack(tmp_path)
    careful = replace(verifier, now=MADE + 8 * DAY, max_age=7 * DAY)
    with pytest.raises(Refused, match=f"was made at {NOON}, more than 7 days ago"):
        careful.believes(frozen)


@pytest.mark.parametrize("years", [1, 100])
def test_control_off_the_revoked_model_stays_approved_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, years: int
) -> None:
    frozen, verifier = attack(tmp_path)
    monkeypatch.setattr(freshness, "freshness", lambda *_: "")
    late = replace(verifier, now=MADE + timedelta(days=365 * years), max_age=DAY)
    assert late.believes(frozen).approved("tiny", MODEL)
