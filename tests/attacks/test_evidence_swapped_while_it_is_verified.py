"""Attestations that are the delivered ones while they are hashed, and others when what they say is judged."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest

from attacks.on_release import APPROVED, REVOKED, found_by
from pedigree.trust import verify
from pedigree.trust.attestations import ATTESTED, read_brought
from pedigree.trust.evidence import Delivered
from pedigree.trust.inforce import Trust
from trust.office import Office
from trust.published import BASE, put_in_force, sealed_in
from trust.test_inforce import NOW

HASHED = 7  # index of the check that holds the files on disk against the delivered ones
Make = Callable[[Office], dict[str, bytes]]


def with_a_revocation(office: Office) -> dict[str, bytes]:
    """The base model is revoked, and the release brings that; the attacker has the attestations of before."""
    put_in_force(office)
    others = dict(office.files)
    office.revoke("Lea", "base", {"models/base:tiny": office.propose("models/base:tiny", BASE).uid})
    office.publish_snapshot(office.root(), 2)
    return others


def without_an_approval(office: Office) -> dict[str, bytes]:
    """Nobody approved the base model; it was approved after the release was sealed."""
    office.publish_snapshot(office.publish_root(office.root(), "Olga"))
    sealed_under = dict(office.files)
    office.approve(office.propose("models/base:tiny", BASE), "Quentin", "Lea")
    office.publish_snapshot(office.root(), 2)
    others, office.files = office.files, sealed_under
    return others


MAKES = pytest.mark.parametrize(("make", "control"), [(with_a_revocation, REVOKED), (without_an_approval, APPROVED)])


def delivered(office: Office, directory: Path) -> Path:
    """A release whose sealer does not care whether it may be released."""
    with (
        patch("pedigree.trust.attested.require_not_revoked"),
        patch("pedigree.trust.attested.require_approved", return_value={}),
        patch("pedigree.trust.seal.require_verified"),
    ):
        return sealed_in(office, directory, "Ray")


def swapping(release: Path, others: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """Other attestations lie in their place as soon as what was delivered has been hashed."""
    claim, check = verify.CHECKS[HASHED]

    def check_and_swap(delivered: Delivered) -> str:
        detail = check(delivered)
        shutil.rmtree(release / ATTESTED)
        for path, data in others.items():
            target = release / ATTESTED / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        return detail

    checks = (*verify.CHECKS[:HASHED], (claim, check_and_swap), *verify.CHECKS[HASHED + 1 :])
    monkeypatch.setattr(verify, "CHECKS", checks)


@MAKES
def test_what_was_hashed_is_what_is_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Make, control: str
) -> None:
    office = Office(tmp_path)
    others = make(office)
    release, public = delivered(office, tmp_path / "work"), office.key("Ray")
    trust = Trust(office.root(), None, None, NOW, None)
    assert control in found_by(release, public, (), trust)  # for which the attacker swaps it
    swapping(release, others, monkeypatch)
    found = found_by(release, public, (), trust)
    assert control in found
    assert all("was changed while it was read" in told or "No such file" in told for told in found.values())


@MAKES
def test_control_off_a_second_look_at_the_directory_believes_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Make, control: str
) -> None:
    office = Office(tmp_path)
    others = make(office)
    release, public = delivered(office, tmp_path / "work"), office.key("Ray")
    swapping(release, others, monkeypatch)
    monkeypatch.setattr(Delivered, "attested", property(lambda opened: read_brought(opened.release)))
    assert found_by(release, public, (), Trust(office.root(), None, None, NOW, None)) == {}


def test_attestations_are_read_once_and_within_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    office = Office(tmp_path)
    release = sealed_in(office, tmp_path / "work", "Ray")
    opened = Delivered(release, office.key("Ray"))
    assert opened.attested == read_brought(release)
    shutil.rmtree(release / ATTESTED)
    assert opened.attested
    trust = Trust(office.root(), None, None, NOW, None)
    again = sealed_in(office, tmp_path / "again", "Ray")
    for name, limit, told in (
        ("MOST", 100, "is larger than"),
        ("MOST_FILES", 2, f"{ATTESTED} holds more than 2 files"),
    ):
        with monkeypatch.context() as bound:
            bound.setattr(f"pedigree.trust.attestations.{name}", limit)
            found = found_by(again, office.key("Ray"), (), trust)
        assert found and all(told in detail for detail in found.values())
