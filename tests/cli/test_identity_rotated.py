"""People who go over to a newer trust config of their Sigstore instance: what they signed is told apart by identity."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from cli.desk import Desk
from cli.identified import ADA, EVE, approve_by_quality, bundle_of, decide, in_force, root_of, uri, with_ada
from cli.proposing import NAME
from pedigree.step.digests import directory_files
from pedigree.trust.attestations import read_attestations
from pedigree.trust.decisions import Approval, open_approval
from pedigree.trust.errors import Refused
from pedigree.trust.identity import Person, person_of
from pedigree.trust.keyless import sign_keyless
from trust.signing.instance import ISSUER, Instance, running

BOTH_ORDERS = pytest.mark.parametrize("below", [True, False], ids=["sorts below", "sorts above"])


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    """An instance that answers."""
    with running(tmp_path / "instance") as found:
        yield found


@pytest.fixture
def desk(desk: Desk, instance: Instance, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk where Ada has the role legal by an identity, and a model is proposed."""
    return with_ada(desk, instance, monkeypatch)


def newer(instance: Instance, below: bool) -> str:
    """Ada by a newer config of the same instance, whose fingerprint sorts below or above that of the one before."""
    config = instance.config.read_bytes()
    old = person_of(uri(instance)).listed_as(config).fingerprint
    padded = (config + b"\n" * lines for lines in count(1))
    path = instance.config.parent / "newer.json"
    path.write_bytes(next(data for data in padded if (_ada(instance, data) < old) == below))
    return f"sigstore:{path}?identity={ADA}&issuer={ISSUER}"


def _ada(instance: Instance, config: bytes) -> str:
    return Person(instance.config, ADA, ISSUER).listed_as(config).fingerprint


def rotate(desk: Desk, signer: str) -> int:
    """Give Ada another identity, not in the very second in which she signed by the old one: that would not count."""
    time.sleep(1)
    return desk.pedigree("keys", "rotate", f"Ada={signer}", by="Olga")


def approvers(desk: Desk) -> set[str]:
    """Fingerprints of the identities by which the model is approved."""
    found = in_force(desk).approved(NAME, directory_files(desk.directory / "model"))
    return {one.signature.identity for one in found.approvals} - {""}


@BOTH_ORDERS
def test_after_a_rotation_the_new_identity_approves_and_what_the_old_one_signed_is_told_apart(
    below: bool, desk: Desk, instance: Instance
) -> None:
    assert decide(desk, uri(instance)) == 0 and approve_by_quality(desk) == 0
    assert desk.pedigree("snapshot", by="Quentin") == 0
    signer = newer(instance, below)
    assert rotate(desk, signer) == 0
    assert decide(desk, signer) == 0
    assert desk.pedigree("snapshot", by="Quentin") == 0 and desk.pedigree("base", "list") == 0
    assert approvers(desk) == root_of(desk).identities.keys() and len(approvers(desk)) == 2


@BOTH_ORDERS
def test_who_is_rotated_before_he_signs_signs_by_the_new_identity(below: bool, desk: Desk, instance: Instance) -> None:
    signer = newer(instance, below)
    assert desk.pedigree("keys", "rotate", f"Ada={signer}", by="Olga") == 0
    assert decide(desk, uri(instance)) == 2
    assert decide(desk, signer) == 0 and approve_by_quality(desk) == 0
    assert desk.pedigree("snapshot", by="Quentin") == 0
    assert approvers(desk) == {_ada(instance, (instance.config.parent / "newer.json").read_bytes())}


@BOTH_ORDERS
def test_what_a_revoked_identity_approved_stays_fallen_when_its_holder_is_rotated(
    below: bool, desk: Desk, instance: Instance
) -> None:
    assert decide(desk, uri(instance)) == 0 and approve_by_quality(desk) == 0
    assert desk.pedigree("snapshot", by="Quentin") == 0
    assert desk.revoke("key", "Ada") == 0
    signer = newer(instance, below)
    assert rotate(desk, signer) == 0
    assert desk.pedigree("snapshot", by="Quentin") == 0
    with pytest.raises(Refused, match="is not approved by legal; the approval by Ada fell with the key"):
        approvers(desk)
    assert decide(desk, signer) == 0 and desk.pedigree("snapshot", by="Quentin") == 0
    assert len(approvers(desk)) == 1


def signed_as(desk: Desk, instance: Instance, identity: str) -> bytes:
    """What Ada approved, signed by her login once more, as if another identity were the one."""
    files = read_attestations(desk.attestations)
    approval: Approval = open_approval(bundle_of(desk).read_bytes(), root_of(desk), "it", files)
    changed = replace(approval, signature=replace(approval.signature, identity=identity))
    return sign_keyless(changed.to_json(), Person(instance.config, ADA, ISSUER), instance.provider.token(ADA))


@pytest.mark.parametrize(
    ("identity", "told"),
    [("", "does not name the one"), ("0" * 64, "that the trust root does not list: sha256:000"), (EVE, EVE)],
)
def test_a_statement_must_name_the_identity_that_signs_it(
    identity: str, told: str, desk: Desk, instance: Instance
) -> None:
    """The last is listed, and is that of somebody else."""
    assert decide(desk, uri(instance)) == 0
    assert desk.pedigree("keys", "enroll", "--role", "legal", f"Eve={uri(instance, EVE)}", by="Olga") == 0
    eve = person_of(uri(instance, EVE)).listed_as(instance.config.read_bytes()).fingerprint
    data = signed_as(desk, instance, eve if identity == EVE else identity)
    with pytest.raises(Refused, match=told):
        open_approval(data, root_of(desk), "it", read_attestations(desk.attestations))


def test_one_login_is_one_person_in_one_role_whatever_the_instance(
    desk: Desk, instance: Instance, capsys: pytest.CaptureFixture[str]
) -> None:
    signer = newer(instance, below=True)
    for role, name in (("quality", "Eve"), ("legal", "Eve"), ("quality", "Ada")):
        assert desk.pedigree("keys", "enroll", "--role", role, f"{name}={signer}", by="Olga") == 2
        assert f"'{name}' would log in as 'Ada' does, legal: {ADA} at {ISSUER}" in capsys.readouterr().err
    assert rotate(desk, signer) == 0
    third = instance.config.parent / "third.json"
    third.write_bytes(instance.config.read_bytes() + b" ")
    eve = f"Eve=sigstore:{third}?identity={ADA}&issuer={ISSUER}"
    assert desk.pedigree("keys", "enroll", "--role", "quality", eve, by="Olga") == 2
    assert "enroll another" in capsys.readouterr().err
    assert desk.pedigree("keys", "enroll", "--role", "quality", eve.replace(ADA, ADA.title()), by="Olga") == 0


def test_no_snapshot_lists_what_the_log_saw_after_it(
    desk: Desk, instance: Instance, capsys: pytest.CaptureFixture[str]
) -> None:
    early = ("--time", "2026-01-31T12:00:00Z")
    assert decide(desk, uri(instance), "base", "approve", NAME, *early) == 0
    assert desk.pedigree("snapshot", *early, by="Quentin") == 1
    assert "was seen by the log of its instance at 20" in capsys.readouterr().err
    stated = json.loads(_shown(desk, capsys))["signatures"][0]
    assert stated["time"] == early[1] < stated["logged"]


def _shown(desk: Desk, capsys: pytest.CaptureFixture[str]) -> str:
    assert desk.pedigree("base", "show", NAME, "--format", "json") == 0
    return capsys.readouterr().out
