"""Whoever signs a snapshot reads what it does, and late approvals never get in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cli.desk import BASE, NOON, Desk
from pedigree.step.digests import sha256_bytes
from pedigree.trust.snapshot import draft as draft_of
from pedigree.trust.snapshot import parse_snapshot
from trust.office import LATER, Office
from trust.plans import demo_plan, sign_plan

SPRING, SUMMER, FAR = "2026-03-15T00:00:00Z", "2026-06-15T00:00:00Z", "2999-12-31T23:59:59Z"
OTHER = {"config.json": "3" * 64, "model.safetensors": "4" * 64}


def approve(desk: Desk, files: dict[str, str], *names: str, time: str = NOON) -> Path:
    """File an entry with approvals of a stated time, past the command that would refuse the key; its directory."""
    office = Office(desk.directory)
    entry = office.propose("models/base:tiny", files)
    office.approve(entry, *names, time=time)
    for path, data in office.files.items():
        (desk.attestations / path).parent.mkdir(parents=True, exist_ok=True)
        (desk.attestations / path).write_bytes(data)
    return desk.attestations / f"approvals/{entry.uid[:16]}"


def snapshot(desk: Desk, time: str, *action: str, by: str = "Quentin") -> int:
    return desk.pedigree("snapshot", *action, "--time", time, "--expires", FAR, by=by)


def listed(desk: Desk) -> dict[str, str]:
    return dict(parse_snapshot((desk.attestations / "snapshot.json").read_bytes(), "snapshot")[0].files)


def enrol_second(desk: Desk, role: str, name: str) -> None:
    assert desk.pedigree("keys", "enroll", "--role", role, f"{name}={desk.public(name)}", by="Olga") == 0


def test_it_says_what_it_adds_changes_and_drops(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.init()
    place = approve(desk, BASE, "Quentin", "Lea")
    capsys.readouterr()
    assert snapshot(desk, SPRING) == 0
    first = capsys.readouterr().err
    uid = place.name
    assert "version 1 of the snapshot, against nothing:" in first
    for name, role in (("Quentin", "quality"), ("Lea", "legal")):
        said = f"{name} ({role}, {NOON}): I reviewed it and approve its use"
        assert f"  adds the approval of 'models/base:tiny' ({uid}) by {said}\n" in first
    assert f"  adds the entry 'models/base:tiny' ({uid})\n" in first

    legal = next(place.glob("legal.*"))
    legal.unlink()
    approve(desk, BASE, "Quentin", time=LATER)
    desk.revoke("release", f"models/demo={'5' * 64}")
    office = Office(desk.directory)
    root = office.root()
    sign_plan(office, demo_plan(), root, "Olga")
    for path, data in office.files.items():
        (desk.attestations / path).parent.mkdir(exist_ok=True)
        (desk.attestations / path).write_bytes(data)
    capsys.readouterr()
    assert snapshot(desk, SUMMER) == 0
    second = capsys.readouterr().err
    assert "version 2 of the snapshot, against version 1:" in second
    assert f"  drops the approval approvals/{uid}/{legal.name} of 'models/base:tiny' ({uid})\n" in second
    assert f"  changes the approval of 'models/base:tiny' ({uid}) by Quentin (quality, {LATER}): " in second
    assert f"  adds the revocation of the release 'models/demo', sha256:{'5' * 64} by Quentin (quality, " in second
    assert "because: it was found to be wrong" in second and "  adds the plan of 'models/demo:demo', version " in second
    assert "Lea" not in second
    assert snapshot(desk, SUMMER) == 0
    assert "  puts in force what was in force\n" in capsys.readouterr().err


def test_a_backdated_approval_by_a_retired_key_does_not_get_in(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.init()
    approve(desk, BASE, "Quentin", "Lea")
    assert snapshot(desk, LATER) == 0
    before = listed(desk)
    enrol_second(desk, "legal", "Linus")
    assert desk.pedigree("keys", "retire", "Lea", "--time", LATER, by="Olga") == 0
    assert snapshot(desk, SPRING) == 0 and listed(desk) == before  # what she approved in time stays
    stolen = approve(desk, OTHER, "Quentin", "Lea", time=NOON)
    capsys.readouterr()
    assert snapshot(desk, SUMMER) == 1
    told = capsys.readouterr().err
    assert "which the last snapshot did not list, is signed by Lea with a key that was retired at" in told
    assert listed(desk) == before
    next(stolen.glob("legal.*")).unlink()
    assert snapshot(desk, SUMMER) == 0


def test_an_approval_by_a_revoked_key_is_not_newly_listed(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.init()
    approve(desk, BASE, "Quentin", "Lea")
    assert snapshot(desk, SPRING) == 0
    desk.revoke("key", "Lea")
    assert snapshot(desk, SPRING) == 0
    approve(desk, OTHER, "Lea")
    capsys.readouterr()
    assert snapshot(desk, SUMMER) == 1
    assert "is signed by Lea with a key that is revoked" in capsys.readouterr().err


def test_an_approval_of_a_time_to_come_is_not_listed(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.init()
    approve(desk, BASE, "Quentin", "Lea", time=SUMMER)
    assert snapshot(desk, SPRING) == 1
    assert f"states the time {SUMMER}, which lies after {SPRING}" in capsys.readouterr().err
    assert snapshot(desk, SUMMER) == 0


def test_the_second_who_signs_reads_it_against_the_last_in_force(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    second = f"quality=Quirin={desk.public('Quirin')}"
    desk.init("--role", second, "--threshold", "quality=2")
    approve(desk, BASE, "Quentin", "Lea")
    assert snapshot(desk, LATER) == 0 and desk.pedigree("snapshot", "sign", by="Quirin") == 0
    enrol_second(desk, "legal", "Linus")
    assert desk.pedigree("keys", "retire", "Lea", "--time", LATER, by="Olga") == 0
    for _ in range(2):  # a draft over a draft keeps what was in force
        assert snapshot(desk, SPRING) == 0
    kept = desk.attestations / "proposed/last.snapshot"
    assert kept.exists()
    capsys.readouterr()
    assert desk.pedigree("snapshot", "sign", by="Quirin") == 0
    told = capsys.readouterr().err
    assert "version 2 of the snapshot, against version 1:" in told
    assert "is of version 3 of the trust root; the last was of version 1" in told and "Lea" not in told
    assert not kept.exists()


def test_the_second_who_signs_is_warned_of_late_approvals_too(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.init("--role", f"quality=Quirin={desk.public('Quirin')}", "--threshold", "quality=2")
    assert snapshot(desk, LATER) == 0 and desk.pedigree("snapshot", "sign", by="Quirin") == 0
    approve(desk, BASE, "Lea")
    assert snapshot(desk, SPRING) == 0
    desk.revoke("key", "Lea")
    office = Office(desk.directory)  # the first signer, who is a thief, lists everything by himself
    draft, _ = parse_snapshot((desk.attestations / "snapshot.json").read_bytes(), "snapshot")
    files = {path: sha256_bytes((desk.attestations / path).read_bytes()) for path in listed(desk)}
    filed = {f"revocations/{path.name}": path for path in (desk.attestations / "revocations").iterdir()}
    files |= {path: sha256_bytes(place.read_bytes()) for path, place in filed.items()}
    forged = office.sign(draft_of(replace(draft, files=files)), "Quentin")
    (desk.attestations / "snapshot.json").write_bytes(forged)
    capsys.readouterr()
    assert desk.pedigree("snapshot", "sign", by="Quirin") == 1
    assert "is signed by Lea with a key that is revoked" in capsys.readouterr().err


def test_what_somebody_else_kept_is_not_taken_for_the_last(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.init("--role", f"quality=Quirin={desk.public('Quirin')}", "--threshold", "quality=2")
    assert snapshot(desk, LATER) == 0 and desk.pedigree("snapshot", "sign", by="Quirin") == 0
    assert snapshot(desk, SPRING) == 0
    kept = desk.attestations / "proposed/last.snapshot"
    kept.write_bytes((desk.attestations / "snapshot.json").read_bytes())
    capsys.readouterr()
    assert desk.pedigree("snapshot", "sign", by="Quirin") == 1
    assert "is not version 1 of the snapshot as it was in force; remove it" in capsys.readouterr().err
    kept.unlink()
    assert desk.pedigree("snapshot", "sign", by="Quirin") == 0
    assert "version 1 is not at hand: all 0 files are told as added" in capsys.readouterr().err
