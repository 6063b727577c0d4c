"""The directory of attestations is put back under the hands of those who sign, so that they undo what they did."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest

from cli.desk import Desk
from pedigree.cli import acts, decide, layout_sign, snapshot_make
from pedigree.log.append import LOG_VARIABLE, NO_LOG
from pedigree.trust import filed_seen, taken_back
from pedigree.trust.attestations import read_attestations
from pedigree.trust.authority import Authority, load_authority
from pedigree.trust.owners import word_in_force
from pedigree.trust.plan import Plan
from pedigree.trust.proposed import write_proposal
from pedigree.trust.root import first_root
from pedigree.trust.signatory import OpenedSigner, open_key
from trust.builder import RELEASE
from trust.plans import demo_plan

Attack = Callable[[Desk], int]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk with a trust root, and a snapshot that lists version 1 of a plan."""
    monkeypatch.delenv("PEDIGREE_SIGNER", raising=False)
    monkeypatch.setenv(LOG_VARIABLE, NO_LOG)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    desk = Desk(tmp_path)
    assert desk.init() == 0 and sign_plan(desk, 1) == 0 and snapshot(desk) == 0
    return desk


def sign_plan(desk: Desk, version: int, note: str = "") -> int:
    proposal = desk.attestations / "proposed/models.demo.demo.json"
    proposal.unlink(missing_ok=True)
    write_proposal(desk.attestations, demo_plan(version=version, note=note))
    return desk.pedigree("layout", "sign", RELEASE, by="Olga")


def snapshot(desk: Desk, by: str = "Quentin") -> int:
    return desk.pedigree("snapshot", by=by)


def in_force(desk: Desk) -> Authority:
    files = read_attestations(desk.attestations)
    return load_authority(files, first_root(files["root/1.json"], "root"))


def plan_in_force(desk: Desk) -> Plan:
    word = word_in_force(in_force(desk), RELEASE)
    assert word is not None
    return word.plan


@contextmanager
def put_back(desk: Desk, *places: str) -> Iterator[None]:
    """What is done within is undone afterwards, in these places or in all."""
    copy = desk.directory / "copy"
    shutil.copytree(desk.attestations, copy)
    yield
    for place in places or tuple(path.name for path in desk.attestations.iterdir()):
        path = desk.attestations / place
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        if (copy / place).is_dir():
            shutil.copytree(copy / place, path)
        elif (copy / place).exists():
            shutil.copy(copy / place, path)
    shutil.rmtree(copy)


def plan_under_the_snapshot(desk: Desk) -> int:
    """Version 1 of a plan lies there again, under the snapshot that lists version 2."""
    with put_back(desk, "layouts"):
        assert sign_plan(desk, 2) == 0 and snapshot(desk) == 0
    return snapshot(desk)


def revocation_before_it_is_listed(desk: Desk) -> int:
    """A key is revoked, and before quality lists that the directory is what it was."""
    with put_back(desk):
        assert desk.revoke("key", "Ray") == 0
    return snapshot(desk)


def revocation_alone(desk: Desk) -> int:
    """The same, by taking the one file away."""
    with put_back(desk, "revocations"):
        assert desk.revoke("key", "Ray") == 0
    return snapshot(desk)


def plan_before_it_is_listed(desk: Desk) -> int:
    """The owners' version 2 is gone, and quality lists version 1 anew."""
    with put_back(desk):
        assert sign_plan(desk, 2) == 0
    return snapshot(desk)


def another_version_2(desk: Desk) -> int:
    """The owner who signed version 2 of a plan signs a version 2 that says something else."""
    with put_back(desk):
        assert sign_plan(desk, 2, "what was agreed") == 0
    return sign_plan(desk, 2, "something else")


def never_revoked(desk: Desk) -> bool:
    return not in_force(desk).revoked


def plan_1_in_force(desk: Desk) -> bool:
    return plan_in_force(desk).version == 1


def another_plan_2_in_force(desk: Desk) -> bool:
    assert snapshot(desk) == 0
    return plan_in_force(desk).note == "something else"


ATTACKS: list[tuple[Attack, str, tuple[object, str], Callable[[Desk], bool]]] = [
    (
        plan_under_the_snapshot,
        f"version 1 of the plan of '{RELEASE}' is older than version 2, which was seen before",
        (taken_back, "require_not_older"),
        plan_1_in_force,
    ),
    (
        revocation_before_it_is_listed,
        ", which was filed before, is missing",
        (filed_seen, "require_nothing_filed_taken_back"),
        never_revoked,
    ),
    (
        revocation_alone,
        ", which was filed before, is missing",
        (filed_seen, "require_nothing_filed_taken_back"),
        never_revoked,
    ),
    (
        plan_before_it_is_listed,
        f"version 1 of the plan of '{RELEASE}' is older than version 2, which was filed before",
        (filed_seen, "require_nothing_filed_taken_back"),
        plan_1_in_force,
    ),
    (
        another_version_2,
        f"version 2 of the plan of '{RELEASE}' is another one than the one that was filed before",
        (filed_seen, "require_nothing_filed_taken_back"),
        another_plan_2_in_force,
    ),
]


@pytest.mark.parametrize(("attack", "told", "control", "succeeds"), ATTACKS)
def test_nobody_signs_on_what_was_put_back_and_no_key_is_opened(
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    attack: Attack,
    told: str,
    control: object,
    succeeds: object,
) -> None:
    opened: list[str] = []
    for module in (decide, layout_sign, snapshot_make):
        opening(monkeypatch, module, opened.append)
    assert attack(desk) == 1
    err = capsys.readouterr().err
    assert told in err and "hint: bring " in err
    # For each key that was opened something was signed, before the directory was put back.
    assert len(opened) == sum(line.startswith("signed by ") for line in err.splitlines()) > 0


@pytest.mark.parametrize(("attack", "told", "control", "succeeds"), ATTACKS)
def test_control_off_it_is_signed_and_verifiers_believe_it(
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    attack: Attack,
    told: str,
    control: tuple[object, str],
    succeeds: Callable[[Desk], bool],
) -> None:
    monkeypatch.setattr(*control, lambda *_: None)
    assert attack(desk) == 0 and succeeds(desk)


def opening(monkeypatch: pytest.MonkeyPatch, module: ModuleType, before: Callable[[str], object]) -> None:
    """Do something whenever a command opens a key."""

    def opened(uri: str) -> OpenedSigner:
        before(uri)
        return open_key(uri)

    monkeypatch.setattr(module, "open_key", opened)


def while_a_passphrase_is_typed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> tuple[int, bool]:
    """The plan is put back after quality's directory was read; the exit code, and whether a snapshot was filed."""
    layouts, copy = desk.attestations / "layouts", desk.directory / "layouts"
    shutil.copytree(layouts, copy)
    assert sign_plan(desk, 2) == 0 and snapshot(desk) == 0
    filed = (desk.attestations / "snapshot.json").read_bytes()

    def swap(_: str) -> None:
        shutil.rmtree(layouts)
        shutil.copytree(copy, layouts)

    opening(monkeypatch, snapshot_make, swap)
    code = snapshot(desk)
    return code, (desk.attestations / "snapshot.json").read_bytes() != filed


def test_what_was_put_back_while_somebody_signed_is_found_before_that_is_filed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert while_a_passphrase_is_typed(desk, monkeypatch) == (1, False)


def test_control_off_what_was_signed_lies_there_when_it_is_refused(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acts, "compare_filed", lambda *_: None)
    assert while_a_passphrase_is_typed(desk, monkeypatch) == (1, True)
