"""Rollback: what was signed before something was revoked is shown again. Every signature in it holds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from attacks.verifier import MODEL, started
from pedigree.trust import remembered
from pedigree.trust.errors import Refused
from trust.office import LATER, NOON


def attack(directory: Path) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """What was published before a model was revoked, and after."""
    office, root, _ = started(directory)
    office.approve(office.propose("models/base:tiny", MODEL), "Quentin", "Lea")
    office.publish_snapshot(root)
    before = dict(office.files)
    office.revoke("Lea", "base", {"models/base:tiny": MODEL["model.safetensors"]})
    office.publish_snapshot(root, 2)
    return before, dict(office.files)


def test_a_verifier_that_saw_the_newer_snapshot_does_not_believe_the_older(tmp_path: Path) -> None:
    before, after = attack(tmp_path)
    verifier = started(tmp_path)[2]
    assert verifier.believes(after).revocation_of(MODEL["model.safetensors"])
    with pytest.raises(Refused, match="version 1 of the snapshot is older than version 2, which was seen before"):
        verifier.believes(before)
    assert verifier.believes(after)


def test_control_off_without_memory_the_model_is_approved_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after = attack(tmp_path)
    verifier = started(tmp_path)[2]
    verifier.believes(after)
    monkeypatch.setattr(remembered, "_read", lambda path: {})
    found = verifier.believes(before)
    assert found.approved("tiny", MODEL) and found.revocation_of(MODEL["model.safetensors"]) is None


def root_attack(directory: Path) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """What was published before somebody's key was taken away, and after."""
    office, root, _ = started(directory)
    office.publish_snapshot(root)
    before = dict(office.files)
    lea = office.key("Lea").keyid
    office.people["Linus"] = "legal"
    second = office.root(2, root.digest)
    second = replace(second, holders={**second.holders, lea: replace(second.holders[lea], retired=LATER)})
    office.publish_root(second, "Olga")
    office.publish_snapshot(second, 2, time=NOON)
    return before, dict(office.files)


def test_an_older_trust_root_is_not_believed_by_who_saw_the_newer(tmp_path: Path) -> None:
    before, after = root_attack(tmp_path)
    verifier = started(tmp_path)[2]
    assert verifier.believes(after).root.version == 2
    with pytest.raises(Refused, match="version 1 of the root is older than version 2"):
        verifier.believes(before)


def test_an_older_trust_root_is_not_believed_by_who_was_handed_the_newer(tmp_path: Path) -> None:
    before, after = root_attack(tmp_path)
    verifier = started(tmp_path)[2]
    handed = verifier.believes(after).root
    with pytest.raises(Refused, match="version 2 of the trust root is missing; an older state of things was put back"):
        replace(verifier, memory=tmp_path / "new", anchor=handed).believes(before)


def test_control_off_without_memory_the_key_that_was_taken_away_speaks_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after = root_attack(tmp_path)
    office, _, verifier = started(tmp_path)
    assert verifier.believes(after).speaks(office.key("Lea").keyid) == ""
    monkeypatch.setattr(remembered, "_read", lambda path: {})
    assert verifier.believes(before).speaks(office.key("Lea").keyid) == "legal"
