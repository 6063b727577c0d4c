from __future__ import annotations

from pathlib import Path

import pytest

from pedigree.trust.owners import layout_path, plan_path
from trust.builder import RELEASE, run_stock, stock_commands, stock_tools
from trust.office import Office
from trust.plans import demo_graph, demo_plan, sign_plan
from trust.published import put_in_force, sealed_in
from trust.test_inforce import PLAN, failed, trust

STANDING = "attestations/models.demo.demo.standing.sigstore.json"


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


def test_a_statement_that_claims_another_standing_is_found(office: Office, tmp_path: Path) -> None:
    planned(office)
    inside = sealed_in(office, tmp_path / "inside", "Ray")
    developer = sealed_in(office, tmp_path / "developer", "Nobody")
    (developer / STANDING).write_bytes((inside / STANDING).read_bytes())
    found = {check.number for check in failed(office, developer, "Nobody", trust(office))}
    assert 13 in found and demo_graph().release == "models.demo.demo"
