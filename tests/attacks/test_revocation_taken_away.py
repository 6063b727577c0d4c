"""What was revoked is to count again: its revocation is taken away, or a revoked key makes the next trust root."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from attacks.verifier import MODEL, started
from pedigree.trust import chain, seen
from pedigree.trust.errors import Refused


def unrevoked(directory: Path) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """A listed revocation, and a later snapshot without it, by a key that another such revocation took away."""
    office, root, _ = started(directory)
    office.approve(office.propose("models/base:tiny", MODEL), "Quentin", "Lea")
    paths = [
        office.revoke("Lea", "base", {"models/base:tiny": MODEL["model.safetensors"]}),
        office.revoke("Olga", "key", {"Quentin": office.key("Quentin").fingerprint}),
    ]
    office.publish_snapshot(root, 2, by="Quirin")
    revoked = dict(office.files)
    for path in paths:
        del office.files[path]
    office.publish_snapshot(root, 3)
    return revoked, dict(office.files)


def test_what_was_listed_as_revoked_is_not_taken_away_by_a_later_snapshot(tmp_path: Path) -> None:
    revoked, later = unrevoked(tmp_path)
    office, root, verifier = started(tmp_path)
    verifier.believes(revoked)
    with pytest.raises(Refused, match="snapshot.json, by quality, has 0 of the 1 signatures"):
        verifier.believes(later)
    office.files = {**later}
    office.publish_snapshot(root, 3, by="Quirin")
    with pytest.raises(Refused, match="the revocation of the base .*, which was seen before, is missing"):
        verifier.believes(office.files)


def test_what_is_missing_is_found_when_keys_that_were_seen_to_be_revoked_count_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    revoked, later = unrevoked(tmp_path)
    verifier = started(tmp_path)[2]
    verifier.believes(revoked)
    monkeypatch.setattr(seen.Seen, "keys", frozenset())
    with pytest.raises(Refused, match="the revocation of the base .*, which was seen before, is missing"):
        verifier.believes(later)


@pytest.mark.parametrize("by", ["Quentin", "Quirin"])
def test_control_off_a_revocation_is_taken_away_even_by_the_key_that_it_revoked(
    tmp_path: Path, by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    revoked, later = unrevoked(tmp_path)
    office, root, verifier = started(tmp_path)
    monkeypatch.setattr(seen, "entries_of", lambda _: [])
    verifier.believes(revoked)
    office.files = later
    office.publish_snapshot(root, 3, by=by)
    assert verifier.believes(office.files).approved("tiny", MODEL)


def test_a_revocation_by_a_key_that_owners_retired_before_it_may_go(tmp_path: Path) -> None:
    office, root, verifier = started(tmp_path)
    path = office.revoke("Lea", "base", {"models/base:tiny": MODEL["model.safetensors"]})
    office.publish_snapshot(root)
    verifier.believes(office.files)
    del office.files[path]
    office.people["Linus"] = "legal"
    second = office.publish_root(office.retired(office.root(2, root.digest), "Lea", "2026-01-01T00:00:00Z"), "Olga")
    office.publish_snapshot(second, 2)
    for _ in range(2):
        assert verifier.believes(office.files).revocations == ()


def revoked_owner(directory: Path) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """An owner's key is revoked; her thief signs the next trust root, which makes Mallory approve."""
    office, root, _ = started(directory)
    path = office.revoke("Quentin", "key", {"Olga": office.key("Olga").fingerprint})
    office.publish_snapshot(root)
    revoked = dict(office.files)
    office.people["Mallory"] = "quality"
    second = office.publish_root(office.root(2, root.digest), "Olga")
    office.publish_snapshot(second)
    assert path in office.files
    return revoked, dict(office.files)


def test_a_trust_root_by_an_owner_whose_key_is_revoked_is_not_believed(tmp_path: Path) -> None:
    revoked, thiefs = revoked_owner(tmp_path)
    verifier = started(tmp_path)[2]
    told = "root/2.json, by owners of version 1 whose keys are not revoked, has 0 of the 1 signatures"
    with pytest.raises(Refused, match=told):
        verifier.believes(thiefs)
    verifier.believes(revoked)
    without = {path: data for path, data in thiefs.items() if not path.startswith("revocations/")}
    with pytest.raises(Refused, match=told):
        verifier.believes(without)


def test_control_off_the_revoked_owners_key_makes_the_next_trust_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, thiefs = revoked_owner(tmp_path)
    verifier = started(tmp_path)[2]
    monkeypatch.setattr(chain, "_require_vouched", lambda *_: None)
    assert verifier.believes(thiefs).root.version == 2


def test_a_chain_with_the_word_of_a_key_that_was_revoked_later_is_mended_by_another_owner(tmp_path: Path) -> None:
    office, root, verifier = started(tmp_path)
    second = office.publish_root(office.root(2, root.digest), "Olga")
    office.publish_snapshot(second)
    verifier.believes(office.files)
    office.revoke("Otto", "key", {"Olga": office.key("Olga").fingerprint})
    office.publish_snapshot(second, 2)
    stranger = replace(verifier, memory=tmp_path / "new")
    assert verifier.believes(office.files).root == second
    with pytest.raises(Refused, match="the others must sign the newest version"):
        stranger.believes(office.files)
    third = office.publish_root(office.retired(office.root(3, second.digest), "Olga"), "Otto")
    office.publish_snapshot(third, 3)
    assert verifier.believes(office.files).root == stranger.believes(office.files).root == third
