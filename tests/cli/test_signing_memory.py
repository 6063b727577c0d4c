"""Nobody signs on a directory of attestations that goes back behind what this user saw of it before."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest

from cli.desk import BASE, NOON, Desk
from pedigree.trust.chain import family_of
from pedigree.trust.remembered import recall
from pedigree.trust.root import parse_root


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
