from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pedigree.step.errors import ToolError
from pedigree.trust import inforce
from pedigree.trust.freshness import freshness
from pedigree.trust.inforce import Trust
from pedigree.trust.seal import seal
from pedigree.trust.verdict import Check
from pedigree.trust.verify import verify_release
from trust.builder import closure_of_demo, lay_out
from trust.office import LATER, Office
from trust.published import BASE, put_in_force, sealed_in

NOW = datetime(2026, 2, 1, tzinfo=UTC)
ROOT, SEALER, APPROVED, REVOKED, PLAN, FRESH = 14, 15, 16, 17, 18, 19


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def trust(office: Office, files: Mapping[str, bytes] | None = None, now: datetime = NOW) -> Trust:
    return Trust(office.root(), files, office.directory / "seen", now, None)


def failed(office: Office, release: Path, sealer: str, whom: Trust) -> list[Check]:
    """Checks that do not hold."""
    return [check for check in verify_release(release, office.key(sealer), whom).checks if not check.holds]


def test_a_release_in_force_holds(office: Office, tmp_path: Path) -> None:
    release = sealed_in(office, tmp_path / "work", "Ray")
    assert failed(office, release, "Ray", trust(office)) == []


def test_15_a_key_without_a_role_does_not_seal(office: Office, tmp_path: Path) -> None:
    release = sealed_in(office, tmp_path / "work", "Nobody")
    (check,) = failed(office, release, "Nobody", trust(office))
    assert check.number == SEALER and "a developer's build: its key has no role" in check.detail


@pytest.mark.parametrize(
    ("sealer", "told"),
    [
        ("Ray", r"the key of Ray \(release\) is revoked by Quentin: it was copied; it seals nothing"),
        ("Rose", rf"the key of Rose \(release\) was retired at {LATER}; it seals nothing"),
        ("Quentin", "the key is that of Quentin, whose role is quality, not release"),
        ("Bea", "the key is that of Bea, whose role is builder, not release"),
    ],
)
def test_a_key_that_the_trust_root_lists_seals_only_while_it_has_the_role(
    office: Office, tmp_path: Path, sealer: str, told: str
) -> None:
    office.people["Rose"] = "release"
    put_in_force(office)
    first, rose = office.root(), office.key("Rose").keyid
    holders = {**first.holders, rose: replace(first.holders[rose], retired=LATER)}
    second = office.publish_root(replace(first, version=2, replaces=first.digest, holders=holders), "Olga")
    office.revoke("Quentin", "key", {"Ray": office.key("Ray").fingerprint}, "it was copied")
    office.publish_snapshot(second, 2)
    with pytest.raises(ToolError, match=f"may not be released:\n  {told}"):
        sealed_in(office, tmp_path / "work", sealer)


def test_15_what_was_sealed_before_the_key_was_retired_holds_and_says_so(office: Office, tmp_path: Path) -> None:
    release = sealed_in(office, tmp_path / "work", "Ray")
    ray, first = office.key("Ray"), office.root()
    second = replace(first, version=2, replaces=first.digest)
    second = replace(second, holders={**second.holders, ray.keyid: replace(second.holders[ray.keyid], retired=LATER)})
    office.people["Rose"] = "release"
    rose = office.key("Rose")
    both = replace(second.roles["release"], keyids=frozenset({ray.keyid, rose.keyid}))
    holders = {**second.holders, rose.keyid: replace(first.holders[ray.keyid], name="Rose", key=rose)}
    second = office.publish_root(replace(second, holders=holders, roles={**second.roles, "release": both}), "Olga")
    office.publish_snapshot(second, 2)
    whom = Trust(first, office.files, None, NOW, None)
    verdict = verify_release(release, ray, whom)
    assert verdict.holds and f"sealed by Ray, whose key was retired at {LATER}" in verdict.checks[SEALER - 1].detail


def test_15_a_key_that_was_revoked_since_does_not_seal(office: Office, tmp_path: Path) -> None:
    release = sealed_in(office, tmp_path / "work", "Ray")
    office.revoke("Olga", "key", {"Ray": office.key("Ray").fingerprint}, "it was copied")
    office.publish_snapshot(office.root(), 2)
    (check,) = failed(office, release, "Ray", trust(office, office.files))
    assert check.number == SEALER and "the key of Ray is revoked: it was copied" in check.detail


def test_a_release_that_was_sealed_under_another_trust_root_is_refused(office: Office, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    stranger = Office(tmp_path / "other")
    release = sealed_in(stranger, tmp_path / "work", "Ray")
    put_in_force(office)
    checks = failed(stranger, release, "Ray", trust(office, office.files))
    assert SEALER in {check.number for check in checks}
    assert any("is another one than the one that is believed" in check.detail for check in checks)


def test_16_and_17_go_by_what_is_published_now(office: Office, tmp_path: Path) -> None:
    release = sealed_in(office, tmp_path / "work", "Ray")
    published = Office(tmp_path)
    put_in_force(published)
    published.revoke(
        "Lea", "base", {"models/base:tiny": published.propose("models/base:tiny", BASE).uid}, "a back door"
    )
    published.publish_snapshot(published.root(), 2)
    assert failed(office, release, "Ray", trust(office)) == []
    (check,) = failed(office, release, "Ray", trust(office, published.files))
    assert check.number == REVOKED
    assert "revoked by Lea (legal, 2026-01-31T12:00:00Z): a back door" in check.detail
    assert "models/base:tiny -> " in check.detail and check.detail.endswith("models/demo:demo")
    withdrawn = Office(tmp_path)
    withdrawn.publish_snapshot(withdrawn.publish_root(withdrawn.root(), "Olga"), 3)
    (check,) = failed(office, release, "Ray", trust(office, withdrawn.files))
    assert check.number == APPROVED and "no entry" in check.detail


def test_14_an_older_state_than_the_one_seen_is_refused(office: Office, tmp_path: Path) -> None:
    release = sealed_in(office, tmp_path / "work", "Ray")
    newer = dict(office.files)
    office.publish_snapshot(office.root(), 2)
    newer, office.files = office.files, newer
    assert failed(office, release, "Ray", trust(office, newer)) == []
    (check,) = failed(office, release, "Ray", trust(office))
    assert check.number == ROOT and "older than version 2" in check.detail


def test_19_a_snapshot_of_the_future_or_out_of_date_is_refused(office: Office, tmp_path: Path) -> None:
    put_in_force(office)
    office.publish_snapshot(office.root(), 2, expires=LATER)
    release = sealed_in(office, tmp_path / "work", "Ray")
    for now, told in ((NOW - timedelta(days=9), "a clock is wrong"), (NOW + timedelta(days=90), "expired at")):
        (check,) = failed(office, release, "Ray", trust(office, now=now))
        assert check.number == FRESH and told in check.detail


def test_another_trust_root_than_the_given_one_puts_nothing_in_force(office: Office, tmp_path: Path) -> None:
    release = sealed_in(office, tmp_path / "work", "Ray")
    (tmp_path / "other").mkdir()
    stranger = Office(tmp_path / "other")
    checks = failed(office, release, "Ray", trust(stranger))
    assert [check.number for check in checks] == [ROOT, SEALER, APPROVED, REVOKED, PLAN, FRESH]
    assert all("is another one than the one that is believed" in check.detail for check in checks)


@pytest.mark.parametrize("kind", ["base", "dataset"])
def test_what_is_revoked_is_not_sealed(office: Office, tmp_path: Path, kind: str) -> None:
    put_in_force(office)
    records = {record.address: record for record in closure_of_demo()[0]}
    subject = {
        "base": {"tiny": office.propose("models/base:tiny", BASE).uid},
        "dataset": {"sft": records["datasets/demo:sft"].products["records.jsonl"]},
    }[kind]
    office.revoke("Quentin", kind, subject, "it was found to be wrong")
    office.publish_snapshot(office.root(), 2)
    with pytest.raises(ToolError, match="may not be released:\n  .*revoked by Quentin"):
        sealed_in(office, tmp_path / "work", "Ray")


def test_without_anybody_who_may_approve_a_base_model_is_not_released(office: Office, tmp_path: Path) -> None:
    uri = office.uri("Ray")
    directory = lay_out(tmp_path / "work", uri, *closure_of_demo(), {})
    with pytest.raises(ToolError, match="there is no attestations/root/1.json"):
        seal(directory, uri)


def test_14_what_does_not_hold_as_a_whole_is_not_remembered(office: Office, tmp_path: Path) -> None:
    release = sealed_in(office, tmp_path / "work", "Ray")
    published = Office(tmp_path)
    put_in_force(published)
    published.publish_snapshot(published.root(), 5, expires=LATER)
    whom = trust(office, published.files, now=NOW + timedelta(days=90))
    assert [check.number for check in failed(office, release, "Ray", whom)] == [FRESH]
    assert failed(office, release, "Ray", trust(office)) == []


def test_14_a_verifier_that_was_overtaken_meanwhile_says_so(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = sealed_in(office, tmp_path / "work", "Ray")
    published = Office(tmp_path)
    put_in_force(published)
    published.publish_snapshot(published.root(), 2)
    whom, newer = trust(office), trust(office, published.files)
    fresh = freshness

    def overtaken(*given: object) -> str:
        # Another one verifies between the comparison of this one and its end.
        monkeypatch.setattr(inforce, "freshness", fresh)
        assert failed(office, release, "Ray", newer) == []
        return fresh(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(inforce, "freshness", overtaken)
    (check,) = failed(office, release, "Ray", whom)
    assert check.number == ROOT and "version 1 of the snapshot is older than version 2" in check.detail
    assert failed(office, release, "Ray", newer) == []
