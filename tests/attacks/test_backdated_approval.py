"""Backdating: whoever has a key that was retired states a time before that, and waits for the next honest snapshot."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from attacks.verifier import EVIL
from pedigree.trust import listing
from pedigree.trust.authority import load_authority
from pedigree.trust.errors import Refused
from pedigree.trust.listing import next_snapshot, sign_next
from pedigree.trust.places import SNAPSHOT
from pedigree.trust.register import Register, open_register
from pedigree.trust.root import TrustRoot
from pedigree.trust.signatory import find_signatory, open_key
from trust.office import LATER, NOON, Office

SPRING, SUMMER = "2026-04-01T00:00:00Z", "2026-05-01T00:00:00Z"


def attack(directory: Path) -> tuple[Office, TrustRoot, Register]:
    """Lea's key was retired at `LATER` and stolen; it approves a base model, and states `NOON`, which is before."""
    office = Office(directory)
    office.people["Linus"] = "legal"
    first, lea = office.publish_root(office.root(), "Olga"), office.key("Lea").keyid
    second = office.root(2, first.digest)
    retired = replace(second.holders[lea], retired=LATER)
    second = office.publish_root(replace(second, holders={**second.holders, lea: retired}), "Olga")
    office.publish_snapshot(second, time="2026-03-15T00:00:00Z")
    office.approve(office.propose("models/base:tiny", EVIL), "Quentin", "Lea", time=NOON)
    for path, data in office.files.items():
        (directory / "attestations" / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / "attestations" / path).write_bytes(data)
    return office, first, open_register(directory / "attestations")


def test_no_snapshot_lists_it(tmp_path: Path) -> None:
    _, _, register = attack(tmp_path)
    with pytest.raises(Refused, match=f"is signed by Lea with a key that was retired at {LATER}"):
        next_snapshot(register, SPRING, SUMMER)


def test_control_off_it_is_in_force_with_the_next_snapshot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    office, first, register = attack(tmp_path)
    monkeypatch.setattr(listing, "require_timely", lambda *_: None)
    quality = find_signatory(open_key(office.uri("Quentin")), register.root, ("quality",))
    data = sign_next(next_snapshot(register, SPRING, SUMMER), register, quality)
    approved = load_authority({**register.files, SNAPSHOT: data}, first).approved("tiny", EVIL)
    assert approved.approvers("legal") == {"Lea"}
