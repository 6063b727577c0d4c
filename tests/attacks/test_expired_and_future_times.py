"""Times that are over, not yet there, or made up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from attacks.verifier import EVIL, MODEL, Verifier, started
from pedigree.trust import authority, decisions, freshness
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.root import TrustRoot
from pedigree.trust.signed import unsigned
from pedigree.trust.snapshot import PAYLOAD_TYPE, Snapshot
from trust.office import FAR, LATER, NOON, Office


def test_a_snapshot_from_the_future_outlives_its_time_and_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, root, verifier = started(tmp_path)
    office.publish_snapshot(root, time="2035-01-01T00:00:00Z", expires="2035-04-01T00:00:00Z")
    with pytest.raises(Refused, match="was made at 2035-01-01T00:00:00Z, but it is 2026-02-01T00:00:00Z now"):
        verifier.believes(office.files)
    monkeypatch.setattr(freshness, "freshness", lambda *_: "")
    assert verifier.believes(office.files)


def test_an_expired_snapshot_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    office, root, verifier = started(tmp_path)
    office.publish_snapshot(root, expires=LATER)
    late = replace(verifier, now=datetime(2026, 3, 1, tzinfo=UTC))
    with pytest.raises(Refused, match=f"expired at {LATER}"):
        late.believes(office.files)
    monkeypatch.setattr(freshness, "freshness", lambda *_: "")
    assert late.believes(office.files)


@pytest.mark.parametrize("time", ["2026-02-30T00:00:00Z", "2026-01-31 12:00", "2026-01-31T12:00:00+14:00", "", "9"])
def test_what_is_no_time_is_no_snapshot_and_no_approval(tmp_path: Path, time: str) -> None:
    office, root, verifier = started(tmp_path)
    document = Snapshot(1, 1, root.digest, time, FAR, {}).to_json()
    office.files["snapshot.json"] = office.sign(unsigned(document, PAYLOAD_TYPE), "Quentin")
    with pytest.raises(MalformedEvidence, match="states no time"):
        verifier.believes(office.files)
    office.approve(office.propose("models/base:tiny", MODEL), "Lea", time=time)
    office.publish_snapshot(root)
    with pytest.raises(MalformedEvidence, match="states no time"):
        verifier.believes(office.files)


def stolen_old_key(directory: Path) -> tuple[Office, TrustRoot, Verifier]:
    """Lea's key was retired, and a thief has it. Linus has her role now."""
    office, root, verifier = started(directory)
    office.publish_snapshot(root)
    office.people["Linus"] = "legal"
    lea = office.key("Lea").keyid
    second = office.root(2, root.digest)
    second = replace(second, holders={**second.holders, lea: replace(second.holders[lea], retired=NOON)})
    office.publish_root(second, "Olga")
    return office, second, verifier


def test_a_retired_key_approves_nothing_even_where_quality_lists_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, root, verifier = stolen_old_key(tmp_path)
    office.approve(office.propose("models/base:evil", EVIL), "Lea", "Quentin", time=NOON)
    office.publish_snapshot(root, 2)
    with pytest.raises(Refused, match=f"signed by Lea with a key that was retired at {NOON}"):
        verifier.believes(office.files)
    monkeypatch.setattr(decisions, "_require_holder", lambda *_: None)
    assert verifier.believes(office.files).approved("evil", EVIL)


def test_a_retired_key_that_dates_back_is_not_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    office, root, verifier = stolen_old_key(tmp_path)
    office.approve(office.propose("models/base:evil", EVIL), "Quentin")
    office.publish_snapshot(root, 2)
    # The time that a signature states is its signer's word: a thief writes the day before.
    office.approve(office.propose("models/base:evil", EVIL), "Lea", time="2026-01-30T12:00:00Z")
    with pytest.raises(Refused, match="legal.* is not listed by the snapshot"):
        verifier.believes(office.files)
    monkeypatch.setattr(authority, "_require_listed", lambda *_: None)
    assert verifier.believes(office.files).approved("evil", EVIL)
