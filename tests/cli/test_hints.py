"""Whoever is refused something is told what to do about it, and not something that would not help."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.damage import truncated
from cli.desk import Desk
from cli.verbs import OF_FILED
from pedigree.cli.main import main
from trust.office import Office
from trust.published import put_in_force, sealed_in

Capture = pytest.CaptureFixture[str]
PUBLISHED = "give what is published now by --attestations DIR"


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = Office(tmp_path)
    put_in_force(office)
    (tmp_path / "root.json").write_bytes(office.files["root/1.json"])
    return office


def believed(office: Office) -> list[str]:
    return ["--root", str(office.directory / "root.json"), "--memory", str(office.directory / "seen")]


def hints(release: Path, office: Office, capsys: Capture, *more: str) -> dict[int, str]:
    """Number -> hint of every check that does not hold."""
    assert main(["verify", str(release), *believed(office), "--format", "json", *more]) == 1
    checks = json.loads(capsys.readouterr().out)["checks"]
    return {check["number"]: check.get("hint", "") for check in checks if not check["holds"]}


def test_an_older_release_after_a_newer_one_is_told_to_be_held_against_what_is_published(
    office: Office, tmp_path: Path, capsys: Capture
) -> None:
    older = sealed_in(office, tmp_path / "older", "Ray")
    office.publish_snapshot(office.root(), 2)
    newer = sealed_in(office, tmp_path / "newer", "Ray")
    assert main(["verify", str(newer), *believed(office)]) == 0
    capsys.readouterr()
    assert hints(older, office, capsys)[14].startswith(PUBLISHED)
    assert main(["verify", str(older), *believed(office)]) == 1
    assert f"\n      hint: {PUBLISHED}" in capsys.readouterr().out
    assert main(["lineage", str(older), *believed(office)]) == 1
    told = capsys.readouterr().err
    assert f"\nhint: {PUBLISHED}" in told and "ask for the release again" not in told
    for path, data in office.files.items():
        (tmp_path / "published" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "published" / path).write_bytes(data)
    assert main(["verify", str(older), *believed(office), "--attestations", str(tmp_path / "published")]) == 0


def test_a_snapshot_that_is_too_old_is_told_to_be_replaced(office: Office, tmp_path: Path, capsys: Capture) -> None:
    release = sealed_in(office, tmp_path / "work", "Ray")
    assert hints(release, office, capsys, "--max-age", "1") == {
        19: "give what is published now by --attestations DIR: a release cannot know what came after it; if that is as "
        "old, have quality sign a new one: `pedigree snapshot`"
    }


def test_of_a_release_from_a_revoked_base_nobody_is_told_to_ask_again(
    office: Office, tmp_path: Path, capsys: Capture
) -> None:
    release = sealed_in(office, tmp_path / "work", "Ray")
    path = next(path for path in office.files if path.endswith("entry.json"))
    entry = json.loads(office.files[path])
    office.revoke("Quentin", "base", {"models/base:tiny": next(iter(entry["files"].values()))})
    office.publish_snapshot(office.root(), 2)
    for path, data in office.files.items():
        (tmp_path / "published" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "published" / path).write_bytes(data)
    call = ["lineage", str(release), *believed(office), "--attestations", str(tmp_path / "published")]
    assert main(call) == 1
    told = capsys.readouterr().err
    assert "(17)" in told and "\nhint: do not use the release; " in told and "again" not in told


def test_every_refusal_of_what_is_filed_has_a_hint(desk: Desk, capsys: Capture) -> None:
    for broken in (False, True):
        for verb, arguments in OF_FILED.items():
            if broken:
                desk.init()
                truncated(desk.attestations / "root/1.json")
            capsys.readouterr()
            code = desk.pedigree(*verb.split(), *(each.format(file=desk.public("Lea")) for each in arguments))
            told = capsys.readouterr().err
            assert code in (1, 2) and told.startswith("error: ") and "\nhint: " in told, verb
            (desk.attestations / "root/1.json").unlink(missing_ok=True)
    assert desk.pedigree("keys", "list") == 1
    assert "error: there is no trust root: no root/1.json\nhint: make one by" in capsys.readouterr().err
