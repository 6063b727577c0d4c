"""Fast-forward: a number so high that everything true looks older afterwards."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from attacks.verifier import Verifier, started
from pedigree.step.digests import sha256_bytes
from pedigree.trust import root as roots
from pedigree.trust import snapshot as snapshots
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.root import TrustRoot
from pedigree.trust.root_rules import LAST
from pedigree.trust.signed import Signed, unsigned
from trust.office import FAR, NOON, Office


def forge(office: Office, root: TrustRoot, version: int, name: str) -> dict[str, bytes]:
    """What is published, with a snapshot of this number that somebody signed."""
    document = snapshots.Snapshot(version, root.version, root.digest, NOON, FAR, {}).to_json()
    signed = unsigned(document, snapshots.PAYLOAD_TYPE)
    return {**office.files, "snapshot.json": office.sign(signed, name)}


def test_who_does_not_have_the_role_cannot_set_the_number(tmp_path: Path) -> None:
    office, root, verifier = started(tmp_path)
    with pytest.raises(Refused, match="snapshot.json, by quality, has 0 of the 1 signatures"):
        verifier.believes(forge(office, root, LAST, "Ray"))
    office.publish_snapshot(root)
    assert verifier.believes(office.files).snapshot.version == 1


def test_control_off_without_counting_signatures_what_is_true_is_refused_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office, root, verifier = started(tmp_path)
    with monkeypatch.context() as off:
        off.setattr(Signed, "require", lambda *_: frozenset())
        verifier.believes(forge(office, root, LAST, "Ray"))
    office.publish_snapshot(root)
    with pytest.raises(Refused, match=f"version 1 of the snapshot is older than version {LAST}"):
        verifier.believes(office.files)


def stolen(directory: Path) -> tuple[Office, TrustRoot, Verifier]:
    """A thief signed the last number there is with Quentin's key, a verifier believed it, and the key is revoked."""
    office, root, verifier = started(directory)
    verifier.believes(forge(office, root, LAST, "Quentin"))
    office.revoke("Olga", "key", {"Quentin": office.key("Quentin").fingerprint})
    return office, root, verifier


def honest(office: Office, root: TrustRoot) -> dict[str, bytes]:
    """The true snapshot, number 1, signed by the other holder of the role."""
    listed = {path: data for path, data in office.files.items() if path.startswith("revocations/")}
    files = {path: sha256_bytes(data) for path, data in listed.items()}
    snapshot = snapshots.Snapshot(1, root.version, root.digest, NOON, FAR, files)
    return {**office.files, "snapshot.json": office.sign(snapshots.draft(snapshot), "Quirin")}


def test_after_a_key_was_stolen_a_new_trust_root_lets_numbers_begin_anew(tmp_path: Path) -> None:
    office, root, verifier = stolen(tmp_path)
    second = office.root(2, root.digest)
    thief = office.key("Quentin").keyid
    second = replace(second, holders={**second.holders, thief: replace(second.holders[thief], retired=NOON)})
    office.publish_root(second, "Olga")
    assert verifier.believes(honest(office, second)).snapshot.version == 1
    with pytest.raises(Refused, match="has 0 of the 1 signatures"):
        verifier.believes(forge(office, second, LAST, "Quentin"))


def test_control_off_under_the_old_root_the_stolen_number_stands(tmp_path: Path) -> None:
    office, root, verifier = stolen(tmp_path)
    with pytest.raises(Refused, match=f"version 1 of the snapshot is older than version {LAST}"):
        verifier.believes(honest(office, root))


@pytest.mark.parametrize("number", [LAST + 1, 10**4000])
def test_there_is_no_number_after_the_last(tmp_path: Path, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    office, root, verifier = started(tmp_path)
    with pytest.raises(MalformedEvidence, match="has no such version"):
        verifier.believes(forge(office, root, number, "Quentin"))
    monkeypatch.setattr(snapshots, "_checked", lambda snapshot, _: snapshot)
    assert verifier.believes(forge(office, root, number, "Quentin")).snapshot.version == number


def test_a_trust_root_that_skips_versions_does_not_follow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    office, root, verifier = started(tmp_path)
    jump = replace(office.root(LAST, root.digest), note="jumps ahead")
    office.files["root/2.json"] = office.sign(roots.draft(jump), "Olga")
    office.publish_snapshot(jump)
    with pytest.raises(Refused, match=f"root/2.json is version {LAST} and does not replace version 1"):
        verifier.believes(office.files)
    # Control off: any root that owners signed follows. Then no version can ever follow this one.
    monkeypatch.setattr("pedigree.trust.chain.next_root", lambda _, data, path: roots.first_root(data, path))
    assert verifier.believes(office.files).root.version == LAST
