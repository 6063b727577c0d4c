"""Sealing in the past: a new release with the attestations of before a key was retired, or a plan superseded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from attacks.on_release import PLAN, SEALER, found_by, sealed
from pedigree.trust.inforce import Trust
from pedigree.trust.pair import layout_path, plan_path
from pedigree.trust.proposal import withdrawal
from pedigree.trust.verify import verify_release
from trust.builder import RELEASE, closure_of_demo
from trust.office import LATER, Office
from trust.plans import demo_plan, sign_plan
from trust.published import put_in_force, sealed_in
from trust.test_inforce import NOW

SEALER_AT, PLAN_AT = 14, 17


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """A plan is in force, of which the release that everybody knows how to build is inside."""
    office = Office(tmp_path)
    office.people["Rose"] = "release"
    put_in_force(office)
    sign_plan(office, demo_plan(), office.root(), "Olga")
    office.publish_snapshot(office.root(), 2)
    return office


def published(office: Office, **changes: object) -> Trust:
    """A verifier who goes by what is published now, and to whom all releases are new."""
    return replace(Trust(office.root(), office.files, None, NOW, None, in_force_now=True), **changes)  # type: ignore[arg-type]


def backdated(office: Office, directory: Path, before: dict[str, bytes]) -> Path:
    """A release that Ray seals now, under what was published before."""
    now, office.files = office.files, before
    try:
        return sealed_in(office, directory, "Ray")
    finally:
        office.files = now


def retire_ray(office: Office) -> dict[str, bytes]:
    """Ray gives back his key, or should have; what was published before."""
    before, first = dict(office.files), office.root()
    second = office.publish_root(office.retired(replace(first, version=2, replaces=first.digest), "Ray"), "Olga")
    office.publish_snapshot(second, 3)
    return before


def supersede(office: Office) -> dict[str, bytes]:
    """Owners sign the next plan, whatever it says."""
    before = dict(office.files)
    sign_plan(office, demo_plan(version=2, note="the next one"), office.root(), "Olga")
    office.publish_snapshot(office.root(), 3)
    return before


def withdraw(office: Office) -> dict[str, bytes]:
    """Owners end the plan."""
    before = dict(office.files)
    sign_plan(office, withdrawal(demo_plan(), "the product ends"), office.root(), "Olga")
    office.publish_snapshot(office.root(), 3)
    return before


def distrust_a_builder(office: Office) -> dict[str, bytes]:
    """A key that the layout lets sign is revoked: nothing more is inside of the plan."""
    before = dict(office.files)
    office.revoke("Quentin", "key", {"Bea": office.key("Bea").fingerprint})
    office.publish_snapshot(office.root(), 3)
    return before


def test_a_retired_key_that_seals_under_an_old_snapshot_is_refused_where_keys_must_be_in_force_now(
    office: Office, tmp_path: Path
) -> None:
    release = backdated(office, tmp_path / "work", retire_ray(office))
    public = office.key("Ray")
    told = (
        f"the key of Ray was retired at {LATER}, and nothing shows that the release was sealed before; "
        "it brings snapshot 2 of trust root 1; published now is snapshot 3 of trust root 2"
    )
    # The plan goes by the role of the key as well: a retired one has none.
    found = found_by(release, public, (), published(office))
    assert found[SEALER] == told and set(found) == {SEALER, PLAN}
    assert found_by(release, public, (SEALER, PLAN), published(office)) == {}


def test_control_off_a_retired_key_seals_and_the_details_tell_how_old_the_state_is(
    office: Office, tmp_path: Path
) -> None:
    release = backdated(office, tmp_path / "work", retire_ray(office))
    verdict = verify_release(release, office.key("Ray"), published(office, in_force_now=False, plan_required=True))
    assert verdict.holds
    states = "it brings snapshot 2 of trust root 1; published now is snapshot 3 of trust root 2"
    assert verdict.checks[SEALER_AT].detail == f"sealed by Ray, whose key was retired at {LATER}; {states}"
    assert verdict.checks[PLAN_AT].detail.endswith(states)


@pytest.mark.parametrize(
    ("change", "now"),
    [
        (supersede, "by what is published now it is inside the plan sha256:"),
        (withdraw, "by what is published now it is no plan: its owners withdrew it by version 2: the product ends"),
        (distrust_a_builder, "the layout lets the key of Bea sign, which is revoked"),
    ],
)
def test_a_plan_of_the_past_is_refused_where_it_must_be_in_force_now(
    office: Office, tmp_path: Path, change: Callable[[Office], dict[str, bytes]], now: str
) -> None:
    release = backdated(office, tmp_path / "work", change(office))
    found = found_by(release, office.key("Ray"), (), published(office))
    assert set(found) == {PLAN}
    assert (
        now in found[PLAN] and "nothing shows that the release was sealed before; it brings snapshot 2" in found[PLAN]
    )
    assert found_by(release, office.key("Ray"), PLAN, published(office)) == {}


def test_control_off_a_superseded_plan_holds_even_where_one_is_required_and_the_detail_tells_it(
    office: Office, tmp_path: Path
) -> None:
    release = backdated(office, tmp_path / "work", supersede(office))
    verdict = verify_release(release, office.key("Ray"), published(office, in_force_now=False, plan_required=True))
    assert verdict.holds
    states = "it brings snapshot 2 of trust root 1; published now is snapshot 3 of trust root 1"
    assert verdict.checks[PLAN_AT].detail.endswith(f"; in force now is version 2 of the plan; {states}")


def test_what_is_sealed_by_a_key_and_inside_a_plan_that_are_in_force_holds_under_newer_snapshots(
    office: Office, tmp_path: Path
) -> None:
    release = sealed_in(office, tmp_path / "work", "Ray")
    office.publish_snapshot(office.root(), 7)
    assert verify_release(release, office.key("Ray"), published(office, plan_required=True)).holds


def test_what_was_sealed_before_owners_signed_a_plan_is_held_against_the_one_in_force(
    office: Office, tmp_path: Path
) -> None:
    taken = (plan_path(RELEASE), layout_path(RELEASE))
    before = {path: data for path, data in office.files.items() if path not in taken}
    newer, office.files = office.files, before
    office.publish_snapshot(office.root(), 1)
    release = sealed_in(office, tmp_path / "work", "Ray")
    office.files = newer
    assert verify_release(release, office.key("Ray"), published(office)).holds


@pytest.mark.parametrize("change", [retire_ray, supersede])
def test_what_was_seen_while_it_was_in_force_goes_on_to_hold_and_nothing_else_does(
    office: Office, tmp_path: Path, change: Callable[[Office], dict[str, bytes]]
) -> None:
    release, public, memory = sealed_in(office, tmp_path / "good", "Ray"), office.key("Ray"), tmp_path / "seen"
    assert verify_release(release, public, published(office, memory=memory)).holds
    before = change(office)
    assert verify_release(release, public, published(office, memory=memory)).holds
    office.files, now = before, office.files
    records, files = closure_of_demo(b"more data")
    other = sealed(tmp_path / "other", office.uri("Ray"), records, files, before)
    office.files = now
    assert PLAN in found_by(other, public, (), published(office, memory=memory))
    assert PLAN in found_by(release, public, (), published(office, memory=tmp_path / "of another verifier"))


def test_what_was_seen_without_that_demand_is_not_taken_for_what_was_in_force(office: Office, tmp_path: Path) -> None:
    memory, release = tmp_path / "seen", backdated(office, tmp_path / "work", retire_ray(office))
    assert verify_release(release, office.key("Ray"), published(office, memory=memory, in_force_now=False)).holds
    assert SEALER in found_by(release, office.key("Ray"), (), published(office, memory=memory))
