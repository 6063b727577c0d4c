"""Rollback: what was signed before something was revoked is shown again. Every signature in it holds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from attacks.on_release import REVOKED, ROOT, found_by
from attacks.verifier import MODEL, started
from pedigree.trust import chain, remembered, seen
from pedigree.trust import snapshot as snapshots
from pedigree.trust.errors import Refused
from pedigree.trust.inforce import Trust
from pedigree.trust.seen import NOTHING
from trust.office import LATER, NOON
from trust.published import BASE, put_in_force, sealed_in


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
    monkeypatch.setattr(remembered, "_read", lambda path: NOTHING)
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


def test_with_that_off_the_snapshot_is_found_by_its_trust_root_and_with_both_off_it_is_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after = root_attack(tmp_path)
    verifier = started(tmp_path)[2]
    handed = replace(verifier, memory=tmp_path / "new", anchor=verifier.believes(after).root)
    monkeypatch.setattr(chain, "_require_anchored", lambda *_: None)
    with pytest.raises(Refused, match="snapshot.json is of version 1 of the trust root, but version 2 is in force"):
        handed.believes(before)
    monkeypatch.setattr(snapshots, "_require_under", lambda *_: None)
    assert handed.believes(before).snapshot.version == 1


def test_control_off_without_memory_the_key_that_was_taken_away_speaks_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, after = root_attack(tmp_path)
    office, _, verifier = started(tmp_path)
    assert verifier.believes(after).speaks(office.key("Lea").keyid) == ""
    monkeypatch.setattr(remembered, "_read", lambda path: NOTHING)
    assert verifier.believes(before).speaks(office.key("Lea").keyid) == "legal"


def test_on_a_release_it_is_found_by_check_14_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    office, root, verifier = started(tmp_path)
    put_in_force(office)
    release = sealed_in(office, tmp_path / "work", "Ray")
    before = dict(office.files)
    office.revoke("Lea", "base", {"models/base:tiny": BASE["model.safetensors"]})
    office.publish_snapshot(root, 2)
    verifier.believes(office.files)
    whom = Trust(root, before, verifier.memory, verifier.now, None)
    assert set(found_by(release, office.key("Ray"), (), whom)) == {ROOT}
    assert set(found_by(release, office.key("Ray"), (), replace(whom, files=office.files))) == {REVOKED}
    monkeypatch.setattr(remembered, "_read", lambda path: NOTHING)
    assert found_by(release, office.key("Ray"), (), whom) == {}


def fork(directory: Path) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """The honest second version, in which a stolen key is retired, and a chain that the thief makes from the first."""
    office, root, _ = started(directory)
    office.people["Oskar"] = "owner"
    second = office.publish_root(office.retired(office.root(2, root.digest), "Olga"), "Olga", "Oskar")
    office.publish_snapshot(second, 2)
    honest = dict(office.files)
    office.people["Mallory"] = "quality"
    forked = office.publish_root(replace(office.root(2, root.digest), note="a fork"), "Olga")
    third = office.publish_root(office.root(3, forked.digest), "Olga")
    office.publish_snapshot(third)
    return honest, dict(office.files)


def test_a_chain_of_trust_roots_that_forks_from_the_one_that_was_seen_is_not_believed(tmp_path: Path) -> None:
    honest, forked = fork(tmp_path)
    verifier = started(tmp_path)[2]
    assert verifier.believes(honest).root.version == 2
    with pytest.raises(Refused, match="version 2 of the root is another one than the one that was seen before"):
        verifier.believes(forked)
    assert verifier.believes(honest)


def test_control_off_the_fork_has_a_higher_version_and_is_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest, forked = fork(tmp_path)
    verifier = started(tmp_path)[2]
    verifier.believes(honest)
    monkeypatch.setattr(seen, "require_same", lambda *_: None)
    assert "Mallory" in {holder.name for holder in verifier.believes(forked).root.holders.values()}


def test_who_was_handed_another_version_remembers_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    office, root, verifier = started(tmp_path)
    second = office.publish_root(office.root(2, root.digest), "Olga")
    office.publish_snapshot(second, 7)
    older = dict(office.files)
    office.publish_snapshot(second, 8)
    verifier.believes(office.files)
    handed = replace(verifier, anchor=second)
    with pytest.raises(Refused, match="version 7 of the snapshot is older than version 8"):
        handed.believes(older)
    del older["root/1.json"]
    with pytest.raises(Refused, match="root/1.json is missing, from which the trust root that is believed follows"):
        handed.believes(older)
    monkeypatch.setattr(chain, "family_of", lambda _, anchor: anchor.digest)
    assert handed.believes(older).snapshot.version == 7


def test_a_version_beyond_a_gap_says_that_one_was_taken_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    office, root, verifier = started(tmp_path)
    office.publish_snapshot(root)
    second = office.publish_root(office.root(2, root.digest), "Olga")
    office.publish_root(office.root(3, second.digest), "Olga")
    del office.files["root/2.json"]
    with pytest.raises(Refused, match="root/3.json is there, but no version 2 of the trust root that leads to it"):
        verifier.believes(office.files)
    monkeypatch.setattr(chain, "_require_no_other", lambda *_: None)
    assert verifier.believes(office.files).root == root
