"""What may not be built is refused before anything runs, and by whom it would be sealed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pedigree.step.canonical import canonical_json
from pedigree.step.digests import tree_digest
from pedigree.step.errors import ToolError
from pedigree.trust.attestations import write_attestation
from pedigree.trust.graph import SCHEMA
from pedigree.trust.pair import layout_path, plan_path
from pedigree.trust.permit import main, out_of_date, permit
from trust.builder import RELEASE, closure_of_demo
from trust.office import LATER, Office
from trust.plans import before_the_build, demo_graph, demo_plan, planned_steps, sign_plan
from trust.published import put_in_force

NOW = datetime(2026, 2, 1, tzinfo=UTC)
AFTER = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    (tmp_path / "office").mkdir()
    office = Office(tmp_path / "office")
    put_in_force(office)
    return office


def planned(office: Office, directory: Path, sealer: str = "Ray") -> Path:
    """What the build lays out before anything runs."""
    graph = before_the_build(demo_graph())
    steps = planned_steps(graph)
    document = {"schema": SCHEMA, "release": graph.release, "steps": steps}
    directory.mkdir()
    (directory / "graph.json").write_text(json.dumps(document))
    (directory / "signer.pub").write_text(office.key(sealer).pem)
    for path, data in office.files.items():
        write_attestation(directory / "attestations", path, data)
    return directory


@pytest.mark.parametrize("sealer", ["Ray", "Developer"])
def test_what_is_approved_may_be_built_for_a_holder_of_the_role_and_for_a_developer(
    office: Office, tmp_path: Path, sealer: str
) -> None:
    assert permit(planned(office, tmp_path / "work", sealer), "release") is not None


def test_who_may_not_seal_learns_it_before_anything_runs_and_may_look_at_artifacts(
    office: Office, tmp_path: Path
) -> None:
    office.revoke("Quentin", "key", {"Ray": office.key("Ray").fingerprint}, "it was copied")
    for sealer, told in (
        ("Ray", r"the key of Ray \(release\) is revoked by Quentin: it was copied"),
        ("Lea", "the key is that of Lea, whose role is legal, not release"),
    ):
        work = planned(office, tmp_path / sealer, sealer)
        with pytest.raises(ToolError, match=f"target '{RELEASE}' may not be built:\n  {told}"):
            permit(work, "release")
        assert permit(work, "artifact") is not None


def test_a_plan_that_is_listed_and_missing_stops_the_release(office: Office, tmp_path: Path) -> None:
    sign_plan(office, demo_plan(), office.root(), "Olga")
    office.publish_snapshot(office.root(), 2)
    assert permit(planned(office, tmp_path / "whole"), "release") is not None
    for path in (plan_path(RELEASE), layout_path(RELEASE)):
        del office.files[path]
    with pytest.raises(ToolError, match="which the snapshot lists, is missing"):
        permit(planned(office, tmp_path / "taken"), "release")


@pytest.mark.parametrize("mode", ["release", "artifact"])
def test_without_its_first_version_the_trust_root_is_broken_and_not_absent(
    office: Office, tmp_path: Path, mode: str
) -> None:
    office.revoke("Lea", "dataset", {"datasets/demo:sft": "0" * 64})
    del office.files["root/1.json"]
    left = {"snapshot.json": office.files["snapshot.json"]}
    for number, files in enumerate((office.files, left)):
        office.files = files
        with pytest.raises(ToolError, match=r"attestations/root/1.json is missing, but attestations/.* counts by it"):
            permit(planned(office, tmp_path / str(number)), mode)


def test_a_snapshot_that_expired_stops_a_release_and_is_told_of_to_who_looks_at_an_artifact(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    office.publish_snapshot(office.root(), 2, expires=LATER)
    authority = office.authority(office.root())
    assert out_of_date(authority, "release", NOW) == ""
    told = f"version 2 of the snapshot expired at {LATER}"
    assert out_of_date(authority, "artifact", AFTER).startswith(f"warning: {told}")
    with pytest.raises(
        ToolError, match=f"no release may be built by what was in force once: {told}.*\nhint: have quality"
    ):
        out_of_date(authority, "release", AFTER)
    office.publish_snapshot(office.root(), 3, expires=LATER)
    assert main([str(planned(office, tmp_path / "old")), "artifact"]) == 0
    assert capsys.readouterr().err.startswith(f"warning: version 3 of the snapshot expired at {LATER}")
    assert main([str(tmp_path / "old"), "release"]) == 1
    assert "error: no release may be built by what was in force once" in capsys.readouterr().err


@pytest.mark.parametrize("mode", ["release", "artifact"])
def test_what_is_revoked_by_the_digest_of_what_was_made_stops_it_once_that_is_known(
    office: Office, tmp_path: Path, mode: str
) -> None:
    made = {record.name: record for record in closure_of_demo()[0]}
    artifact = tree_digest(made["datasets.demo.sft"].products)
    office.revoke("Lea", "dataset", {"datasets/demo:sft": artifact}, "it holds names")
    work = planned(office, tmp_path / "work")
    assert permit(work, mode) is not None
    (work / "records").mkdir()
    for name in ("models.base.tiny", "datasets.demo.sft"):
        if name == "datasets.demo.sft":
            assert permit(work, mode) is not None
        (work / f"records/{name}.json").write_bytes(canonical_json(made[name].to_json()))
    told = (
        "what 'datasets.demo.sft' made, is revoked by Lea .*it holds names; the way from there is datasets/demo:sft -> "
    )
    with pytest.raises(ToolError, match=told):
        permit(work, mode)


def test_a_record_that_is_none_is_an_error_and_no_crash(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    work = planned(office, tmp_path / "work")
    (work / "records").mkdir()
    (work / "records/models.base.tiny.json").write_text("{}")
    assert main([str(work), "artifact"]) == 1
    assert "a record has not the shape of one" in capsys.readouterr().err
