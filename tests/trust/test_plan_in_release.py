from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest

from pedigree.step.errors import ToolError
from pedigree.trust.owners import layout_path, plan_path
from pedigree.trust.root import TrustRoot
from pedigree.trust.standing_statement import Standing
from pedigree.trust.verify import verify_release
from trust.builder import RELEASE, run_stock, stock_commands, stock_tools
from trust.office import LATER, Office
from trust.plans import demo_plan, sign_plan
from trust.published import put_in_force, sealed_in
from trust.test_inforce import PLAN, failed, trust


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = Office(tmp_path)
    put_in_force(office)
    return office


def planned(office: Office, **changes: object) -> None:
    """Have the owners sign a plan, and quality put it in force."""
    sign_plan(office, demo_plan(**changes), office.root(), "Olga")
    office.publish_snapshot(office.root(), 2)


def test_a_release_inside_its_plan_says_so_and_stock_tools_check_it(office: Office, tmp_path: Path) -> None:
    planned(office)
    release = sealed_in(office, tmp_path / "work", "Ray")
    assert failed(office, release, "Ray", trust(office)) == []
    text = (release / "VERIFY.md").read_text()
    assert "**Standing: inside the plan sha256:" in text and "if all five exit with 0" in text
    assert "inside the plan" in (release / "lineage.html").read_text()
    commands, tools = stock_commands(release / "VERIFY.md"), stock_tools(tmp_path / "tools")
    assert len(commands) == 5
    for command in commands:
        assert (done := run_stock(command, release, tools)).returncode == 0, done.stderr


def test_a_developers_build_is_not_inside_a_plan_and_says_so(office: Office, tmp_path: Path) -> None:
    planned(office)
    release = sealed_in(office, tmp_path / "work", "Nobody")
    text = (release / "VERIFY.md").read_text()
    assert "**Standing: outside the plan sha256:" in text and "sealed by a developer's key" in text
    assert len(stock_commands(release / "VERIFY.md")) == 4
    assert PLAN in {check.number for check in failed(office, release, "Nobody", trust(office))}


def test_a_plan_that_was_signed_later_or_taken_away_is_noticed(office: Office, tmp_path: Path) -> None:
    release = sealed_in(office, tmp_path / "work", "Ray")
    assert "no plan: no owner signed what this release may be made of" in (release / "VERIFY.md").read_text()
    assert failed(office, release, "Ray", trust(office)) == []
    planned(office)
    assert failed(office, release, "Ray", trust(office, office.files)) == []
    taken = {
        path: data for path, data in office.files.items() if path not in (plan_path(RELEASE), layout_path(RELEASE))
    }
    (check,) = failed(office, release, "Ray", trust(office, taken))
    assert check.number == PLAN and "which the snapshot lists, is missing" in check.detail


def claiming(claimed: Standing, office: Office, directory: Path, sealer: str) -> Path:
    """A release whose sealer claims a standing, and does not care whether that verifies."""
    with (
        patch("pedigree.trust.attested.standing_in", lambda *_: claimed),
        patch("pedigree.trust.seal.require_verified"),
    ):
        return sealed_in(office, directory, sealer)


@pytest.mark.parametrize("sealer", ["Ray", "Nobody"])
def test_a_plan_that_is_not_there_cannot_be_claimed(office: Office, tmp_path: Path, sealer: str) -> None:
    release = claiming(Standing("ab" * 32, "release", ()), office, tmp_path / "work", sealer)
    key_alone = [check for check in verify_release(release, office.key(sealer)).checks if not check.holds]
    assert [check.number for check in key_alone] == [13]
    assert "is said to have a plan that it does not bring" in key_alone[0].detail
    assert {13, PLAN} <= {check.number for check in failed(office, release, sealer, trust(office))}


def test_what_a_signer_claims_of_a_plan_is_held_against_the_plan(office: Office, tmp_path: Path) -> None:
    plan = sign_plan(office, demo_plan(), office.root(), "Olga")
    office.publish_snapshot(office.root(), 2)
    release = claiming(Standing(plan.digest, "release", ()), office, tmp_path / "work", "Nobody")
    verdict = verify_release(release, office.key("Nobody"))
    assert verdict.holds and verdict.checks[12].detail.startswith("its signer says: inside the plan")
    found = {check.number: check.detail for check in failed(office, release, "Nobody", trust(office))}
    assert "it is said to be 'inside the plan" in found[PLAN] and "sealed by a developer's key" in found[PLAN]


def test_a_newer_plan_does_not_outlaw_what_was_made_by_an_older_one(office: Office, tmp_path: Path) -> None:
    planned(office)
    release = sealed_in(office, tmp_path / "work", "Ray")
    sign_plan(office, demo_plan(version=2, note="stricter"), office.root(), "Olga")
    office.publish_snapshot(office.root(), 3)
    verdict = verify_release(release, office.key("Ray"), trust(office, office.files))
    assert verdict.holds and "version 2 of the plan is in force now" in verdict.checks[PLAN - 1].detail


@pytest.mark.parametrize("taken", [(plan_path(RELEASE), layout_path(RELEASE)), (plan_path(RELEASE),)])
def test_a_plan_that_was_taken_away_is_not_sealed_as_no_plan(
    office: Office, tmp_path: Path, taken: tuple[str, ...]
) -> None:
    planned(office)
    for path in taken:
        del office.files[path]
    with pytest.raises(ToolError, match=f"may not be released:\n  {plan_path(RELEASE)}, which the snapshot lists"):
        sealed_in(office, tmp_path / "work", "Ray")


def rotated(office: Office) -> TrustRoot:
    """Publish a trust root in which Rose seals, and no more Ray."""
    first, ray = office.root(), office.key("Ray").keyid
    office.people["Rose"] = "release"
    second = office.root(2, first.digest)
    holders = {**second.holders, ray: replace(second.holders[ray], retired=LATER)}
    second = office.publish_root(replace(second, holders=holders), "Olga")
    office.publish_snapshot(second, 3)
    return second


def test_a_layout_of_keys_that_were_replaced_since_puts_no_release_inside_its_plan(
    office: Office, tmp_path: Path
) -> None:
    planned(office)
    before = trust(office)
    second = rotated(office)
    release = sealed_in(office, tmp_path / "stale", "Rose")
    told = "the layout names other keys than the trust root in force; have the owners sign it again"
    text = (release / "VERIFY.md").read_text()
    assert "**Standing: outside the plan sha256:" in text and told in text
    (check,) = failed(office, release, "Rose", before)
    assert check.number == PLAN and told in check.detail
    sign_plan(office, demo_plan(version=2), second, "Olga")
    office.publish_snapshot(second, 4)
    release = sealed_in(office, tmp_path / "mended", "Rose")
    assert failed(office, release, "Rose", before) == []
    commands, tools = stock_commands(release / "VERIFY.md"), stock_tools(tmp_path / "tools")
    assert len(commands) == 5
    for command in commands:
        assert (done := run_stock(command, release, tools)).returncode == 0, done.stderr
