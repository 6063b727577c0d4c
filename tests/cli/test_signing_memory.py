"""Nobody signs on a directory of attestations that goes back behind what this user saw of it before."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import replace

import pytest

from cli.desk import BASE, NOON, Desk
from pedigree.step.canonical import canonical_json, parse_json
from pedigree.trust.attestations import read_attestations
from pedigree.trust.authority import load_authority
from pedigree.trust.chain import family_of
from pedigree.trust.proposed import write_proposal
from pedigree.trust.remembered import default_memory, recall, remember
from pedigree.trust.root import parse_root
from pedigree.trust.seen import NOTHING, Unlisted
from trust.builder import RELEASE
from trust.plans import demo_plan


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """A desk with a trust root in force."""
    assert desk.init() == 0
    return desk


def kept(desk: Desk) -> Callable[[], None]:
    """Keep what is filed now; what puts it back."""
    copy = desk.directory / "kept"
    shutil.copytree(desk.attestations, copy)

    def put_back() -> None:
        shutil.rmtree(desk.attestations)
        shutil.copytree(copy, desk.attestations)

    return put_back


def enroll(desk: Desk, name: str, *options: str) -> int:
    return desk.pedigree("keys", "enroll", "--role", "legal", f"{name}={desk.public(name)}", *options, by="Olga")


def snapshot(desk: Desk, *options: str) -> int:
    return desk.pedigree("snapshot", *options, by="Quentin")


def test_no_owner_signs_another_version_2(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    put_back = kept(desk)
    assert enroll(desk, "Linus") == 0
    put_back()
    capsys.readouterr()
    assert enroll(desk, "Mallory") == 1
    told = capsys.readouterr().err
    assert "version 1 of the root is older than version 2, which was seen before\nhint: bring the directory" in told
    assert not (desk.attestations / "root/2.json").exists()


def test_control_off_another_version_2_is_signed(desk: Desk) -> None:
    put_back = kept(desk)
    assert enroll(desk, "Linus") == 0
    put_back()
    assert enroll(desk, "Mallory", "--memory", str(desk.directory / "another")) == 0


def test_quality_signs_no_snapshot_without_a_revocation_that_was_listed(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert snapshot(desk) == 0
    put_back = kept(desk)
    assert desk.revoke("key", "Ray") == 0 and snapshot(desk) == 0
    put_back()
    capsys.readouterr()
    assert snapshot(desk) == 1
    assert "version 1 of the snapshot is older than version 2, which was seen before" in capsys.readouterr().err


def test_a_new_trust_root_brings_no_revocation_to_be_forgotten(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert desk.revoke("key", "Ray") == 0 and snapshot(desk) == 0
    assert enroll(desk, "Linus") == 0
    for path in (desk.attestations / "revocations").iterdir():
        path.unlink()
    (desk.attestations / "snapshot.json").unlink()
    capsys.readouterr()
    assert snapshot(desk) == 1
    assert "the revocation of the key sha256:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("call", "by"),
    [
        (("revoke", "key", "Bea", "--reason", "lost", "--meaning", "I revoke it"), "Quentin"),
        (("base", "approve", "models/base:tiny", "--meaning", "I approve it"), "Lea"),
        (("layout", "sign", "models/t"), "Olga"),
        (("keys", "sign"), "Olga"),
        (("keys", "retire", "Otto"), "Olga"),
        (("keys", "rotate", "Bea={Bea2}", "--time", NOON), "Olga"),
        (("snapshot", "sign"), "Quentin"),
    ],
)
def test_no_command_signs_on_a_directory_that_was_put_back(
    call: tuple[str, ...], by: str, desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.file_entry()
    assert snapshot(desk) == 0
    put_back = kept(desk)
    assert desk.revoke("base", f"tiny={min(BASE.values())}") == 0 and snapshot(desk) == 0
    put_back()
    before = {path: path.read_bytes() for path in desk.attestations.rglob("*") if path.is_file()}
    capsys.readouterr()
    assert desk.pedigree(*(part.replace("{Bea2}", desk.public("Bea2")) for part in call), by=by) == 1
    assert "which was seen before" in capsys.readouterr().err
    assert before == {path: path.read_bytes() for path in desk.attestations.rglob("*") if path.is_file()}


def test_it_is_the_memory_of_the_verifier(desk: Desk) -> None:
    assert snapshot(desk, "--memory", str(desk.directory / "memory")) == 0
    data = (desk.attestations / "root/1.json").read_bytes()
    root = parse_root(data, "root")[0]
    seen = recall(desk.directory / "memory", family_of({"root/1.json": data}, root))
    assert (seen.newest, seen.snapshot[0]) == (1, 1)


def test_a_memory_that_cannot_be_written_is_found_before_anything_is_signed(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    (desk.directory / "memory").write_text("a file")
    assert snapshot(desk, "--memory", str(desk.directory / "memory")) == 2
    assert "cannot remember in" in capsys.readouterr().err
    assert not (desk.attestations / "snapshot.json").exists()


def test_a_draft_that_lacks_signatures_is_not_held_against_its_owners(desk: Desk) -> None:
    assert (
        desk.pedigree("keys", "enroll", "--role", "owner", "--threshold", "2", f"Ulf={desk.public('Ulf')}", by="Olga")
        == 0
    )
    assert desk.pedigree("keys", "sign", by="Otto") == 0
    put_back = kept(desk)
    assert enroll(desk, "Linus") == 0  # one of two
    put_back()
    assert enroll(desk, "Lotte") == 0
    assert desk.pedigree("keys", "sign", by="Otto") == 0


def sign_plan(desk: Desk, version: int, note: str = "", by: str = "Olga") -> int:
    """Propose a plan, instead of what is proposed, and sign it."""
    (desk.attestations / "proposed/models.demo.demo.json").unlink(missing_ok=True)
    write_proposal(desk.attestations, demo_plan(version=version, note=note))
    return desk.pedigree("layout", "sign", RELEASE, by=by)


def given_up(desk: Desk, *names: str, by: str = "Quentin") -> None:
    """Keys are revoked on a branch that is given up before quality lists that."""
    assert snapshot(desk) == 0
    put_back = kept(desk)
    for name in names:
        assert desk.revoke("key", name, by=by) == 0
    put_back()


def test_who_lost_revocations_that_no_snapshot_listed_is_told_how_to_file_them_again(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    given_up(desk, "Ray", "Bea")
    for name in sorted(("Ray", "Bea"), key=lambda name: desk.key(name).fingerprint):
        capsys.readouterr()
        assert snapshot(desk) == 1
        told = f"pedigree revoke key NAME={desk.key(name).fingerprint}"
        err = capsys.readouterr().err
        assert f"`{told}`" in err and "what Quentin signed at " in err
        assert desk.pedigree(*told.split()[1:], "--reason", "lost", "--meaning", "I revoke it", by="Lea") == 0
    assert snapshot(desk) == 0


@pytest.mark.parametrize("file_is_there", [False, True])
def test_a_revocation_that_was_given_up_ends_when_owners_retire_the_key_that_signed_it(
    file_is_there: bool, desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    given_up(desk, "Ray")
    assert snapshot(desk) == 1
    (time,) = re.findall(r"--time (\S+)", capsys.readouterr().err)
    if file_is_there:
        assert desk.revoke("key", "Ray", by="Quentin") == 0
    rotate = ("keys", "rotate", f"Quentin={desk.public('Quirin')}", "--time", time)
    assert desk.pedigree(*rotate, by="Olga") == 0
    for path in (desk.attestations / "revocations").glob("*"):
        capsys.readouterr()
        assert desk.pedigree("snapshot", by="Quirin") == 1
        assert f"that was retired at {time}" in capsys.readouterr().err
        path.unlink()
    assert desk.pedigree("snapshot", by="Quirin") == 0


def test_other_changes_of_the_trust_root_bring_no_revocation_to_be_forgotten(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    given_up(desk, "Ray")
    capsys.readouterr()
    assert enroll(desk, "Linus") == 1
    assert ", which was filed before, is missing" in capsys.readouterr().err
    assert not (desk.attestations / "root/2.json").exists()


def test_owners_go_on_from_a_plan_that_was_given_up_by_the_next_number(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sign_plan(desk, 1) == 0 and snapshot(desk) == 0
    put_back = kept(desk)
    assert sign_plan(desk, 2) == 0
    put_back()
    assert sign_plan(desk, 2, "another") == 1
    assert "hint: bring that back, sha256:" in (err := capsys.readouterr().err)
    assert err.endswith("have owners sign the next one: give the proposal the version 3\n")
    assert snapshot(desk) == 1
    assert desk.revoke("key", "Ray") == 0
    assert sign_plan(desk, 3) == 0 and snapshot(desk) == 0


def test_a_plan_that_was_given_up_stands_in_the_way_of_no_other_plan(desk: Desk) -> None:
    put_back = kept(desk)
    assert sign_plan(desk, 1) == 0
    put_back()
    write_proposal(desk.attestations, demo_plan(release="models/demo:other"))
    assert desk.pedigree("layout", "sign", "models/demo:other", by="Olga") == 0
    assert snapshot(desk) == 1
    assert sign_plan(desk, 2) == 0 and snapshot(desk) == 0


def test_what_one_of_two_owners_signed_is_remembered_when_the_other_has(desk: Desk) -> None:
    two = ("keys", "enroll", "--role", "owner", "--threshold", "2", f"Ulf={desk.public('Ulf')}")
    assert desk.pedigree(*two, by="Olga") == 0 and desk.pedigree("keys", "sign", by="Otto") == 0
    put_back = kept(desk)
    assert sign_plan(desk, 1, "a draft") == 0
    put_back()
    assert sign_plan(desk, 1, "another draft") == 0
    assert desk.pedigree("layout", "sign", RELEASE, by="Otto") == 0
    assert desk.pedigree("layout", "sign", RELEASE, by="Ulf") == 0
    put_back()
    assert sign_plan(desk, 1, "a draft") == 1


def test_verifiers_do_not_take_for_listed_what_was_filed(desk: Desk) -> None:
    assert sign_plan(desk, 1) == 0 and snapshot(desk) == 0
    put_back = kept(desk)
    assert desk.revoke("key", "Ray") == 0 and sign_plan(desk, 2) == 0
    put_back()
    files, memory = read_attestations(desk.attestations), default_memory()
    root = parse_root(files["root/1.json"], "root")[0]
    authority = load_authority(files, root, recall(memory, root.digest).keys)
    assert remember(memory, root.digest, authority) == "seen before: snapshot 1"
    # What it saw does not make who signs forget, either.
    assert snapshot(desk) == 1


def test_what_a_snapshot_lists_is_remembered_as_listed_and_no_longer_as_filed(desk: Desk) -> None:
    assert sign_plan(desk, 1) == 0 and desk.revoke("key", "Ray") == 0 and enroll(desk, "Linus") == 0
    (path,) = default_memory().glob("*.json")
    filed = recall(default_memory(), path.stem)
    assert filed == replace(NOTHING, unlisted=filed.unlisted)
    assert [item.sha256 for item in filed.unlisted.revoked] == [desk.key("Ray").fingerprint]
    assert snapshot(desk) == 0
    listed = recall(default_memory(), path.stem)
    assert listed.unlisted == Unlisted()
    assert Unlisted(listed.roots, listed.revoked, listed.plans) == filed.unlisted


def test_what_was_remembered_before_that_is_still_known(desk: Desk) -> None:
    assert sign_plan(desk, 1) == 0 and desk.revoke("key", "Ray") == 0 and snapshot(desk) == 0
    (path,) = default_memory().glob("*.json")
    document = parse_json(path.read_bytes(), "memory")
    assert document["schema"] == "pedigree.seen/5" and document.pop("unlisted")
    path.write_bytes(canonical_json({**document, "schema": "pedigree.seen/4"}))
    before = recall(default_memory(), path.stem)
    assert before.plans and before.revoked and before.unlisted == Unlisted()
    assert snapshot(desk) == 0
    assert parse_json(path.read_bytes(), "memory")["schema"] == "pedigree.seen/5"
    after = recall(default_memory(), path.stem)
    assert after.snapshot[0] == 2 and after == replace(before, snapshot=after.snapshot)
