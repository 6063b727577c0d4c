"""Times that are over, not yet there, or made up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from attacks.on_release import FRESH, LAYOUT, close_again, found_by, require_layers
from attacks.verifier import EVIL, MODEL, Verifier, started
from pedigree.step.digests import sha256_file
from pedigree.trust import authority, decided, decisions, freshness
from pedigree.trust import snapshot as snapshots
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.inforce import Trust
from pedigree.trust.lineage import summary_file
from pedigree.trust.root import TrustRoot
from pedigree.trust.signed import unsigned
from pedigree.trust.snapshot import PAYLOAD_TYPE, Snapshot
from trust.builder import RELEASE_STEP
from trust.forge import resign
from trust.office import FAR, LATER, NOON, Office
from trust.published import put_in_force, sealed_in


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


NO_TIMES = pytest.mark.parametrize(
    "time", ["2026-02-30T00:00:00Z", "2026-01-31 12:00", "2026-01-31T12:00:00+14:00", "", "9"]
)


@NO_TIMES
def test_what_is_no_time_is_no_snapshot(tmp_path: Path, time: str, monkeypatch: pytest.MonkeyPatch) -> None:
    office, root, verifier = started(tmp_path)
    document = Snapshot(1, 1, root.digest, time, FAR, {}).to_json()
    office.files["snapshot.json"] = office.sign(unsigned(document, PAYLOAD_TYPE), "Quentin")
    with pytest.raises(MalformedEvidence, match="states no time"):
        verifier.believes(office.files)
    monkeypatch.setattr(snapshots, "is_time", lambda _: True)
    if time != "9":  # which is later than when it expires, by its letters
        with pytest.raises(ValueError, match="does not match format|unconverted|out of range|must be in"):
            verifier.believes(office.files)
        monkeypatch.setattr(freshness, "freshness", lambda *_: "")
        assert verifier.believes(office.files)


@NO_TIMES
def test_what_is_no_time_is_no_approval(tmp_path: Path, time: str, monkeypatch: pytest.MonkeyPatch) -> None:
    office, root, verifier = started(tmp_path)
    office.approve(office.propose("models/base:tiny", MODEL), "Quentin")
    office.approve(office.propose("models/base:tiny", MODEL), "Lea", time=time)
    office.publish_snapshot(root, time=LATER)
    verifier = replace(verifier, now=datetime(2026, 3, 1, tzinfo=UTC))
    with pytest.raises(MalformedEvidence, match="states no time"):
        verifier.believes(office.files)
    monkeypatch.setattr(decided, "is_time", lambda _: True)
    monkeypatch.setattr(authority, "_require_approved_before", lambda *_: None)
    assert verifier.believes(office.files).approved("tiny", MODEL)


def test_an_approval_of_the_future_is_found_by_the_time_of_the_snapshot_that_lists_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, root, verifier = started(tmp_path)
    office.approve(office.propose("models/base:tiny", MODEL), "Quentin")
    office.approve(office.propose("models/base:tiny", MODEL), "Lea", time=LATER)
    office.publish_snapshot(root, time=NOON)
    with pytest.raises(Refused, match=f"is approved by Lea at {LATER}, but the snapshot .* was made at {NOON}"):
        verifier.believes(office.files)
    monkeypatch.setattr(authority, "_require_approved_before", lambda *_: None)
    assert verifier.believes(office.files).approved("tiny", MODEL)


# When a snapshot was made and expires, and when it is looked at.
BEYOND = pytest.mark.parametrize(
    ("made", "expires", "now", "words"),
    [
        ("2035-01-01T00:00:00Z", "2035-04-01T00:00:00Z", datetime(2026, 2, 1, tzinfo=UTC), "a clock is wrong"),
        (NOON, LATER, datetime(2026, 3, 1, tzinfo=UTC), f"expired at {LATER}"),
    ],
)


@BEYOND
def test_on_a_release_times_of_a_snapshot_are_found_by_check_19_alone(
    tmp_path: Path, made: str, expires: str, now: datetime, words: str
) -> None:
    office = Office(tmp_path)
    put_in_force(office)
    office.publish_snapshot(office.root(), time=made, expires=expires)
    release = sealed_in(office, tmp_path / "work", "Ray")
    whom = Trust(office.root(), None, None, now, None)
    assert words in found_by(release, office.key("Ray"), (), whom)[FRESH]
    require_layers(release, office.key("Ray"), (FRESH,), whom)


def test_a_layout_that_expired_is_found_by_check_1_alone(tmp_path: Path) -> None:
    office = Office(tmp_path)
    release, public = sealed_in(office, tmp_path / "work", "Ray"), office.key("Ray")
    layout = release / "attestations/root.layout"
    resign(layout, office.uri("Ray"), public, lambda said: said.update(expires="2026-01-01T00:00:00Z"))
    policy = {"digest": {"sha256": sha256_file(layout)}}
    path = release / summary_file(RELEASE_STEP)
    resign(path, office.uri("Ray"), public, lambda said: said["predicate"]["policy"].update(policy))
    close_again(release, office.uri("Ray"), public)
    assert found_by(release, public) == {LAYOUT: "the layout expired on 2026-01-01T00:00:00Z"}
    assert found_by(release, public, LAYOUT) == {}


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
    monkeypatch.setattr(decisions, "require_holder", lambda *_: None)
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
