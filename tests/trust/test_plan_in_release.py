from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest

from pedigree.step.errors import ToolError
from pedigree.trust.inforce import Trust
from pedigree.trust.pair import layout_path, plan_path
from pedigree.trust.proposal import withdrawal
from pedigree.trust.root import TrustRoot
from pedigree.trust.standing_statement import Standing
from pedigree.trust.verify import verify_release
from trust.builder import RELEASE, run_stock, stock_commands, stock_tools
from trust.office import APPROVALS, Office
from trust.plans import demo_plan, sign_plan
from trust.published import put_in_force, sealed_in
from trust.test_inforce import PLAN, ROOT, failed, trust


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


def required(office: Office, files: Mapping[str, bytes] | None = None) -> Trust:
    """Whom to believe, and that a plan is required."""
    return replace(trust(office, files), plan_required=True)


def test_where_a_plan_is_required_a_release_inside_of_one_holds(office: Office, tmp_path: Path) -> None:
    planned(office)
    release = sealed_in(office, tmp_path / "work", "Ray")
    assert failed(office, release, "Ray", required(office)) == []
    assert failed(office, release, "Ray", required(office, office.files)) == []


def test_where_a_plan_is_required_a_release_without_one_does_not_hold_even_if_it_was_signed_since(
    office: Office, tmp_path: Path
) -> None:
    release = sealed_in(office, tmp_path / "work", "Ray")
    (check,) = failed(office, release, "Ray", required(office))
    assert check.number == PLAN and "a plan is required: the release was sealed as no plan: no owner" in check.detail
    planned(office)
    assert failed(office, release, "Ray", trust(office, office.files)) == []
    (check,) = failed(office, release, "Ray", required(office, office.files))
    assert check.number == PLAN and "a plan is required" in check.detail


def test_where_a_plan_is_required_a_release_outside_of_it_does_not_hold(office: Office, tmp_path: Path) -> None:
    planned(office, approvals=(*APPROVALS, "owner"))
    release = sealed_in(office, tmp_path / "work", "Ray")
    (check,) = failed(office, release, "Ray", required(office))
    assert check.number == PLAN and "a plan is required: the release was sealed as outside the plan" in check.detail


def test_a_role_that_the_plan_asks_for_beside_the_trust_root_can_approve(office: Office, tmp_path: Path) -> None:
    office.approve(next(iter(office.authority(office.root()).registered)).entry, "Olga")
    planned(office, approvals=(*APPROVALS, "owner"))
    release = sealed_in(office, tmp_path / "work", "Ray")
    assert failed(office, release, "Ray", required(office)) == []


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
    assert verdict.holds and "in force now is version 2 of the plan" in verdict.checks[PLAN - 1].detail


@pytest.mark.parametrize("taken", [(plan_path(RELEASE), layout_path(RELEASE)), (plan_path(RELEASE),)])
def test_a_plan_that_was_taken_away_is_not_sealed_as_no_plan(
    office: Office, tmp_path: Path, taken: tuple[str, ...]
) -> None:
    planned(office)
    for path in taken:
        del office.files[path]
    with pytest.raises(ToolError, match=f"may not be released:\n  {plan_path(RELEASE)}, which the snapshot lists"):
        sealed_in(office, tmp_path / "work", "Ray")


def followed(office: Office, before: TrustRoot, *retired: str, snapshot: int = 3, by: str = "Olga") -> TrustRoot:
    """Publish the next trust root: of everybody whom the office has by now, but for those who are retired."""
    after = office.root(before.version + 1, before.digest, owners=before.roles["owner"].threshold)
    for name in retired:
        after = office.retired(after, name)
    office.publish_root(after, *by.split())
    office.publish_snapshot(after, snapshot)
    return after


def test_a_builder_who_is_enrolled_or_retired_leaves_the_plan_in_force(office: Office, tmp_path: Path) -> None:
    planned(office)
    before, first = trust(office), office.root()
    office.people["Bert"] = "builder"
    second = followed(office, first)
    enrolled = sealed_in(office, tmp_path / "enrolled", "Ray")
    assert "**Standing: inside the plan sha256:" in (enrolled / "VERIFY.md").read_text()
    assert failed(office, enrolled, "Ray", before) == []
    followed(office, second, "Bea", snapshot=4)
    retired = sealed_in(office, tmp_path / "retired", "Ray")
    commands, tools = stock_commands(retired / "VERIFY.md"), stock_tools(tmp_path / "tools")
    assert len(commands) == 5
    assert (done := run_stock(commands[-1], retired, tools)).returncode == 0, done.stderr
    # What was sealed before is held against what was in force then.
    assert (
        failed(office, retired, "Ray", before)
        == failed(office, enrolled, "Ray", replace(before, files=office.files))
        == []
    )


def test_a_layout_in_which_a_revoked_key_may_sign_puts_no_release_inside_its_plan(
    office: Office, tmp_path: Path
) -> None:
    planned(office)
    inside = sealed_in(office, tmp_path / "before", "Ray")
    office.revoke("Quentin", "key", {"Bea": office.key("Bea").fingerprint})
    office.publish_snapshot(office.root(), 3)
    told = "the layout lets the key of Bea sign, which is revoked; have the owners sign the plan anew"
    release = sealed_in(office, tmp_path / "after", "Ray")
    (check,) = failed(office, release, "Ray", trust(office))
    assert check.number == PLAN and check.detail.endswith(told)
    assert failed(office, inside, "Ray", trust(office, office.files)) == []


def test_who_was_enrolled_after_the_plan_was_signed_seals_inside_it_when_owners_sign_it_anew(
    office: Office, tmp_path: Path
) -> None:
    planned(office)
    before, first = trust(office), office.root()
    office.people["Rose"] = "release"
    second = followed(office, first, "Ray")
    release = sealed_in(office, tmp_path / "stale", "Rose")
    told = "the layout does not let the key of Rose sign, which seals; have the owners sign the plan anew"
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


def test_a_plan_stays_in_force_when_who_signed_it_gets_another_key(office: Office, tmp_path: Path) -> None:
    planned(office)
    before, first = trust(office), office.root()
    office.people["Olga2"] = "owner"
    followed(office, first, "Olga", by="Olga Olga2")
    release = sealed_in(office, tmp_path / "work", "Ray")
    assert "**Standing: inside the plan sha256:" in (release / "VERIFY.md").read_text()
    assert failed(office, release, "Ray", before) == []


def test_a_plan_falls_with_the_owner_who_signed_it_and_says_why(office: Office, tmp_path: Path) -> None:
    planned(office)
    release = sealed_in(office, tmp_path / "before", "Ray")
    office.revoke("Quentin", "key", {"Olga": office.key("Olga").fingerprint})
    office.publish_snapshot(office.root(), 3)
    told = (
        f"plan and layout of '{RELEASE}' have 0 of the 1 owners' signatures they need; revoked is the key of Olga, "
        "and inside the plan is nothing until others sign it"
    )
    (check,) = failed(office, release, "Ray", trust(office, office.files))
    assert (check.number, check.detail) == (PLAN, told)
    with pytest.raises(ToolError, match=told):
        sealed_in(office, tmp_path / "after", "Ray")


def test_what_was_made_inside_a_plan_remains_so_when_a_later_one_falls(office: Office, tmp_path: Path) -> None:
    planned(office)
    release = sealed_in(office, tmp_path / "work", "Ray")
    sign_plan(office, demo_plan(version=2), office.root(), "Otto")
    office.revoke("Quentin", "key", {"Otto": office.key("Otto").fingerprint})
    office.publish_snapshot(office.root(), 3)
    verdict = verify_release(release, office.key("Ray"), trust(office, office.files))
    assert verdict.holds and "; now plan and layout of" in verdict.checks[PLAN - 1].detail


def test_14_a_snapshot_that_leaves_a_plan_out_is_not_believed_by_who_saw_the_plan(
    office: Office, tmp_path: Path
) -> None:
    planned(office)
    whom = trust(office)
    assert failed(office, sealed_in(office, tmp_path / "inside", "Ray"), "Ray", whom) == []
    for path in (plan_path(RELEASE), layout_path(RELEASE)):
        del office.files[path]
    office.publish_snapshot(office.root(), 3)
    release = sealed_in(office, tmp_path / "work", "Ray")
    (check,) = failed(office, release, "Ray", whom)
    assert (
        check.number == ROOT and "of the plan of 'models/demo:demo', which was seen before, was taken" in check.detail
    )


def test_a_release_says_that_the_owners_withdrew_its_plan(office: Office, tmp_path: Path) -> None:
    plan = sign_plan(office, demo_plan(), office.root(), "Olga")
    office.publish_snapshot(office.root(), 2)
    inside = sealed_in(office, tmp_path / "inside", "Ray")
    whom = trust(office)
    assert failed(office, inside, "Ray", whom) == []
    sign_plan(office, withdrawal(plan, "the product ends"), office.root(), "Olga")
    office.publish_snapshot(office.root(), 3)
    release = sealed_in(office, tmp_path / "work", "Ray")
    told = "no plan: its owners withdrew it by version 2: the product ends; it is sealed by a key of the role release"
    text = (release / "VERIFY.md").read_text()
    assert f"**Standing: {told}.**" in text and len(stock_commands(release / "VERIFY.md")) == 4
    verdict = verify_release(release, office.key("Ray"), whom)
    assert verdict.holds and verdict.checks[PLAN - 1].detail == told
    # What was made inside of it was inside, and is so by what is published now.
    detail = verify_release(inside, office.key("Ray"), replace(whom, files=office.files)).checks[PLAN - 1].detail
    assert detail.startswith("inside the plan") and "; its owners withdrew it by version 2 of the plan; it" in detail
    # A layout that plans nothing lets nothing be delivered.
    for name in ("layout", "olga.pub"):
        data = office.files[layout_path(RELEASE)] if name == "layout" else office.key("Olga").pem.encode()
        (tmp_path / name).write_bytes(data)
    command = f"in-toto-verify --layout {tmp_path}/layout --verification-keys {tmp_path}/olga.pub"
    done = run_stock(f"{command} --link-dir attestations/links", release, stock_tools(tmp_path / "tools"))
    assert done.returncode == 1 and "Traceback" not in done.stderr
