from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cli.desk import BASE, NOON, Desk
from pedigree.trust.attestations import read_attestations
from pedigree.trust.authority import Authority, load_authority
from pedigree.trust.pair import layout_path, plan_path
from pedigree.trust.root import parse_root
from pedigree.trust.signed import unsigned
from pedigree.trust.snapshot import PAYLOAD_TYPE, Snapshot, parse_snapshot
from pedigree.trust.times import parse_time
from trust.office import Office
from trust.plans import demo_plan, sign_plan


def snapshot(desk: Desk) -> Snapshot:
    return parse_snapshot((desk.attestations / "snapshot.json").read_bytes(), "the snapshot")[0]


def authority(desk: Desk) -> Authority:
    """What a verifier believes who was handed the first root."""
    files = read_attestations(desk.attestations)
    return load_authority(files, parse_root(files["root/1.json"], "root")[0])


def test_a_snapshot_puts_what_is_filed_in_force_and_counts_on(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.init()
    desk.file_entry("Quentin", "Lea")
    assert desk.pedigree("snapshot", "--time", NOON, "--expires", "30", by="Quentin") == 0
    assert capsys.readouterr().out.endswith(f"{desk.attestations}/snapshot.json\n")
    first = snapshot(desk)
    assert (first.version, first.time, first.expires) == (1, NOON, "2026-03-02T12:00:00Z")
    assert len(first.files) == 6 and authority(desk).approved("tiny", BASE)
    assert desk.pedigree("snapshot", by="Quentin") == 0
    assert snapshot(desk).version == 2
    age = parse_time(snapshot(desk).expires) - parse_time(snapshot(desk).time)
    assert age == timedelta(days=90)


def test_only_quality_signs_snapshots(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.init()
    for name in ("Olga", "Lea", "Ray"):
        assert desk.pedigree("snapshot", by=name) == 2
        assert "this takes quality" in capsys.readouterr().err
    assert desk.pedigree("snapshot", by="Stranger") == 2
    assert "is not listed by the trust root" in capsys.readouterr().err


def test_where_two_must_sign_it_is_handed_round(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    second = f"quality=Quirin={desk.public('Quirin')}"
    desk.init("--role", second, "--threshold", "quality=2")
    assert desk.pedigree("snapshot", by="Quentin") == 0
    assert "version 1 is not in force: it lacks 1 more of quality" in capsys.readouterr().err
    assert desk.pedigree("snapshot", by="Quirin") == 0  # made anew, under the same number
    assert snapshot(desk).version == 1
    assert desk.pedigree("snapshot", "sign", by="Quentin") == 0
    assert authority(desk).snapshot.version == 1
    desk.file_entry()
    assert desk.pedigree("snapshot", "sign", by="Quentin") == 1
    assert "does not list what is filed now" in capsys.readouterr().err


def test_a_broken_file_is_never_put_in_force(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.init()
    place = desk.file_entry("Quentin", "Lea")
    whole = {path.name: path.read_bytes() for path in place.iterdir()}
    approval = next(name for name in whole if name.startswith("legal"))
    broken = {
        "an approval that is cut": (approval, whole[approval][:-9], "is not valid JSON"),
        "no approval": (approval, b"{}", "is not a Sigstore bundle"),
        "another card": ("card.md", b"# Another\n", "evidence that is not beside it"),
        "a scan that says otherwise": ("scan.json", b'{"verdict":"refuse"}', "evidence that is not beside it"),
        "a stray file": ("notes.txt", b"hello", "belongs to no entry"),
        "an entry that is cut": ("entry.json", whole["entry.json"][:-3], "is not valid JSON"),
    }
    for what, (name, data, told) in broken.items():
        (place / name).write_bytes(data)
        assert desk.pedigree("snapshot", by="Quentin") == 1, what
        assert told in capsys.readouterr().err, what
        (place / name).unlink()
        if name in whole:
            (place / name).write_bytes(whole[name])
    assert not (desk.attestations / "snapshot.json").exists()
    assert desk.pedigree("snapshot", by="Quentin") == 0


def test_an_entry_under_another_uid_is_refused(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.init()
    place = desk.file_entry("Quentin", "Lea")
    place.rename(place.with_name("0" * 16))
    assert desk.pedigree("snapshot", by="Quentin") == 1
    assert "is the entry of another base model" in capsys.readouterr().err


def test_a_layout_is_signed_by_owners(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.init()
    office = Office(desk.directory)
    root = parse_root((desk.attestations / "root/1.json").read_bytes(), "root")[0]

    def file_signed(name: str) -> None:
        office.files.clear()
        sign_plan(office, demo_plan(), root, name)
        for path, data in office.files.items():
            (desk.attestations / path).parent.mkdir(exist_ok=True)
            (desk.attestations / path).write_bytes(data)

    file_signed("Quentin")
    assert desk.pedigree("snapshot", by="Quentin") == 1
    assert "plan and layout of 'models/demo:demo' have 0 of the 1 owners' signatures" in capsys.readouterr().err
    file_signed("Otto")
    assert desk.pedigree("snapshot", by="Quentin") == 0
    assert set(snapshot(desk).files) == {plan_path("models/demo:demo"), layout_path("models/demo:demo")}
    (desk.attestations / plan_path("models/demo:demo")).unlink()
    assert desk.pedigree("snapshot", by="Quentin") == 1
    assert "of the plan of 'models/demo:demo', which was seen before, is missing" in capsys.readouterr().err
    assert desk.pedigree("snapshot", "--memory", str(desk.directory / "another"), by="Quentin") == 1
    assert "belongs to no plan" in capsys.readouterr().err
    file_signed("Otto")
    desk.revoke("key", "Otto", by="Olga")
    assert desk.pedigree("snapshot", by="Quentin") == 1


def test_a_number_that_nobody_signed_is_not_counted_on_from(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.init()
    desk.pedigree("snapshot", by="Quentin")
    path = desk.attestations / "snapshot.json"
    office = Office(desk.directory)
    far = {**snapshot(desk).to_json(), "version": "999999999"}
    path.write_bytes(office.sign(unsigned(far, PAYLOAD_TYPE), "Ray"))
    assert desk.pedigree("snapshot", by="Quentin") == 1
    assert "has no signature that counts: bring back the last good one" in capsys.readouterr().err


def test_time_does_not_go_back_nor_ahead(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.init()
    assert desk.pedigree("snapshot", by="Quentin") == 0
    assert desk.pedigree("snapshot", "--time", NOON, by="Quentin") == 2
    assert "lies before that of the last snapshot" in capsys.readouterr().err
    ahead = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    with pytest.raises(SystemExit, match="2"):
        desk.pedigree("snapshot", "--time", ahead, by="Quentin")
    assert desk.pedigree("snapshot", "--expires", NOON, by="Quentin") == 1
    assert "expires before it is made" in capsys.readouterr().err
    for text in ("0", "-1", "soon", "9" * 50):
        with pytest.raises(SystemExit, match="2"):
            desk.pedigree("snapshot", f"--expires={text}", by="Quentin")


def test_a_new_root_takes_a_new_snapshot(desk: Desk) -> None:
    desk.init()
    desk.pedigree("snapshot", by="Quentin")
    desk.pedigree("keys", "rotate", f"Quentin={desk.public('Quentin2')}", by="Olga")
    assert desk.pedigree("snapshot", by="Quentin") == 2
    assert desk.pedigree("snapshot", by="Quentin2") == 0
    assert (snapshot(desk).version, snapshot(desk).root_version) == (2, 2) and authority(desk)


def huge(path: Path) -> None:
    with path.open("wb") as stream:
        stream.truncate(1 << 30)


@pytest.mark.parametrize(
    "path", ["root/1.json", "snapshot.json", "approvals/x/entry.json", "layouts/y", "revocations/z"]
)
def test_files_of_a_gigabyte_end_every_command_at_once(
    desk: Desk, capsys: pytest.CaptureFixture[str], path: str
) -> None:
    desk.init()
    target = desk.attestations / path
    target.parent.mkdir(parents=True, exist_ok=True)
    huge(target)
    calls = (["snapshot"], ["snapshot", "sign"], ["keys", "retire", "Ray"], ["keys", "sign"])
    for call in calls:
        assert desk.pedigree(*call, by="Quentin") == 1
        assert f"{path} is larger than" in capsys.readouterr().err
    assert desk.revoke("key", "Ray") == 1


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b"[]", b"null", json.dumps({"payload": 1}).encode()])
@pytest.mark.parametrize("path", ["snapshot.json", "approvals/{uid}/entry.json", "layouts/y", "revocations/z"])
def test_malformed_files_end_with_1_and_no_traceback(
    desk: Desk, capsys: pytest.CaptureFixture[str], path: str, data: bytes
) -> None:
    desk.init()
    place = desk.file_entry()
    target = desk.attestations / path.format(uid=place.name)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    capsys.readouterr()
    assert desk.pedigree("snapshot", by="Quentin") == 1
    assert capsys.readouterr().err.startswith("error: ")
    shutil.rmtree(desk.attestations)
