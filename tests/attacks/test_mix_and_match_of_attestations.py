"""Mix and match: files of different times, each validly signed, put together as they never were in force together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from attacks.verifier import EVIL, MODEL, Verifier, started
from pedigree.trust import authority
from pedigree.trust import snapshot as snapshots
from pedigree.trust.errors import Refused
from pedigree.trust.root import TrustRoot
from trust.office import LATER, Office

Files = dict[str, bytes]


def times(directory: Path) -> tuple[Files, Files, Verifier]:
    """What was in force when both models were approved, and after one of them was taken out and revoked."""
    office, root, verifier = started(directory)
    office.approve(office.propose("models/base:tiny", MODEL), "Quentin", "Lea")
    evil = office.propose("models/base:evil", EVIL)
    office.approve(evil, "Quentin", "Lea")
    office.publish_snapshot(root)
    before = dict(office.files)
    office.files = {path: data for path, data in before.items() if f"approvals/{evil.uid[:16]}/" not in path}
    office.revoke("Lea", "base", {"models/base:evil": evil.uid})
    office.publish_snapshot(root, 2, time=LATER)
    return before, dict(office.files), replace(verifier, now=verifier.now.replace(month=3))


def withdrawn_approval(before: Files, after: Files) -> Files:
    """The approval that was taken out, put back beside today's snapshot."""
    return {**before, **after}


def missing_revocation(before: Files, after: Files) -> Files:
    """Today's snapshot without the revocation that it lists."""
    return {path: data for path, data in {**before, **after}.items() if not path.startswith("revocations/")}


@pytest.mark.parametrize(
    ("mix", "told"),
    [
        (withdrawn_approval, "entry.json is not listed by the snapshot|addendum.md is not listed by the snapshot"),
        (missing_revocation, "revocations/.* is missing"),
    ],
)
def test_the_snapshot_says_what_belongs_together(
    tmp_path: Path, mix: Callable[[Files, Files], Files], told: str
) -> None:
    before, after, verifier = times(tmp_path)
    with pytest.raises(Refused, match=told):
        verifier.believes(mix(before, after))


@pytest.mark.parametrize("mix", [withdrawn_approval, missing_revocation])
def test_control_off_each_mix_is_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mix: Callable[[Files, Files], Files]
) -> None:
    before, after, verifier = times(tmp_path)
    monkeypatch.setattr(authority, "_require_listed", lambda *_: None)
    found = verifier.believes(mix(before, after))
    if mix is missing_revocation:
        assert found.approved("evil", EVIL) and not found.revocations


def test_a_file_of_another_time_under_the_same_name_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    office, root, verifier = started(tmp_path)
    office.approve(office.propose("models/base:tiny", MODEL, note="for tests alone"), "Quentin", "Lea")
    strict = dict(office.files)
    office.approve(office.propose("models/base:tiny", MODEL), "Quentin", "Lea")
    lax = {path: data for path, data in office.files.items() if path.startswith("approvals/")}
    office.files = strict
    office.publish_snapshot(root)
    with pytest.raises(Refused, match="is not the file that the snapshot lists"):
        verifier.believes({**strict, "snapshot.json": office.files["snapshot.json"], **lax})
    monkeypatch.setattr(authority, "_require_listed", lambda *_: None)
    found = verifier.believes({**office.files, **lax})
    assert found.approved("tiny", MODEL).entry.note == ""


def two_roots(directory: Path) -> tuple[Office, TrustRoot, Files, Verifier]:
    """A snapshot of the first trust root beside the second, in which its signer still has his role."""
    office, root, verifier = started(directory)
    office.publish_snapshot(root)
    old = dict(office.files)
    second = office.publish_root(office.root(2, root.digest), "Olga")
    return office, second, {**office.files, "snapshot.json": old["snapshot.json"]}, verifier


def test_a_snapshot_counts_under_its_own_trust_root_alone(tmp_path: Path) -> None:
    _, _, mixed, verifier = two_roots(tmp_path)
    with pytest.raises(Refused, match="is of version 1 of the trust root, but version 2 is in force"):
        verifier.believes(mixed)


def test_control_off_an_old_snapshot_is_believed_under_a_new_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, second, mixed, verifier = two_roots(tmp_path)
    monkeypatch.setattr(snapshots, "_require_under", lambda *_: None)
    assert verifier.believes(mixed).root == second
