"""People who approve and revoke without a key: by their identity in a Sigstore instance of their own."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cli.desk import Desk
from cli.identified import (
    ADA,
    EVE,
    OTHER_ISSUER,
    approve_by_quality,
    bundle_of,
    decide,
    in_force,
    log_in,
    root_of,
    uri,
    with_ada,
    without_sigstore,
)
from cli.proposing import MEANING, NAME
from pedigree.step.canonical import canonical_json
from pedigree.step.digests import directory_files, sha256_bytes
from pedigree.trust.attestations import read_attestations
from pedigree.trust.decisions import open_approval
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.identity import Identity, Person
from pedigree.trust.keyless import sign_keyless
from pedigree.trust.root import parse_root
from pedigree.trust.root_rules import faults
from trust.signing.instance import ISSUER, Instance, running


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    """An instance that answers."""
    with running(tmp_path / "instance") as found:
        yield found


@pytest.fixture
def desk(desk: Desk, instance: Instance, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk where Ada has the role legal by an identity, and a model is proposed."""
    return with_ada(desk, instance, monkeypatch)


def test_who_has_no_key_approves_and_revokes(
    desk: Desk, instance: Instance, capsys: pytest.CaptureFixture[str]
) -> None:
    assert decide(desk, uri(instance)) == 0
    assert "in the transparency log of the Sigstore instance" in capsys.readouterr().err
    assert approve_by_quality(desk) == 0 and desk.pedigree("snapshot", by="Quentin") == 0
    found = in_force(desk).approved(NAME, directory_files(desk.directory / "model"))
    assert {(one.signature.name, bool(one.logged)) for one in found.approvals} == {("Ada", True), ("Quentin", False)}

    assert desk.pedigree("base", "show", NAME) == 0
    assert re.search(r"approved by Ada \(legal\)\n    time: \S+; in the log at 20\S+Z\n", capsys.readouterr().out)

    reason = ("--reason", "its terms were changed")
    assert decide(desk, uri(instance), "revoke", "base", NAME, *reason) == 0
    assert desk.pedigree("snapshot", by="Quentin") == 0
    (revocation,) = in_force(desk).listed
    told = r"revoked by Ada \(legal, \S+; in the log at \S+\): its terms were changed"
    assert re.fullmatch(told, revocation.words)


def test_a_root_without_identities_is_of_the_first_schema_and_one_with_them_of_the_second(desk: Desk) -> None:
    first, second = (json.dumps(_root(desk, version)) for version in (1, 2))
    assert "pedigree.trust-root/1" in first and "identities" not in first
    assert "pedigree.trust-root/2" in second and ADA in second


def _root(desk: Desk, version: int) -> object:
    return parse_root((desk.attestations / f"root/{version}.json").read_bytes(), "root")[1].document


def test_owners_are_told_whom_they_enroll_and_anybody_may_list_it(
    desk: Desk, instance: Instance, capsys: pytest.CaptureFixture[str]
) -> None:
    sha256 = sha256_bytes(instance.config.read_bytes())
    assert (desk.attestations / f"sigstore/{sha256}.json").read_bytes() == instance.config.read_bytes()
    assert desk.pedigree("keys", "enroll", "--role", "legal", f"Eve={uri(instance, EVE)}", by="Olga") == 0
    assert f"Eve has the role legal by the identity {EVE} by {ISSUER} in the Sigstore instance sha256:{sha256}" in (
        capsys.readouterr().err
    )
    assert desk.pedigree("keys", "list") == 0
    assert f"  {Identity(ADA, ISSUER, sha256).fingerprint}  Ada, {ADA} by {ISSUER}\n" in (
        capsys.readouterr().out.replace("sha256:", " ")
    )


@pytest.mark.parametrize(("identity", "issuer"), [(EVE, ISSUER), (ADA, OTHER_ISSUER)])
def test_who_logs_in_as_somebody_else_signs_nothing(
    identity: str,
    issuer: str,
    desk: Desk,
    instance: Instance,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    log_in(monkeypatch, instance, identity, issuer)
    assert decide(desk, uri(instance)) == 2
    assert f"is not signed by {ADA}" in capsys.readouterr().err
    assert decide(desk, uri(instance, identity, issuer)) == 2
    assert "is not listed by the trust root" in capsys.readouterr().err


def forged(desk: Desk, instance: Instance, identity: str, issuer: str, tmp_path: Path) -> bytes:
    """The statement that Ada signed, signed by somebody else on some instance, by a root of his own."""
    statement = open_approval(
        bundle_of(desk).read_bytes(), root_of(desk), "it", read_attestations(desk.attestations)
    ).to_json()
    person = Person(instance.config, identity, issuer)
    return sign_keyless(statement, person, instance.provider.token(identity, issuer))


@pytest.mark.parametrize(
    ("identity", "issuer", "own"), [(EVE, ISSUER, False), (ADA, OTHER_ISSUER, False), (ADA, ISSUER, True)]
)
def test_what_another_identity_issuer_or_instance_signed_as_ada_is_refused(
    identity: str, issuer: str, own: bool, desk: Desk, instance: Instance, tmp_path: Path
) -> None:
    assert decide(desk, uri(instance)) == 0
    with running(tmp_path / "other") as other:
        data = forged(desk, other if own else instance, identity, issuer, tmp_path)
    path = bundle_of(desk)
    path.write_bytes(data)
    assert approve_by_quality(desk) == 1
    with pytest.raises(Refused, match=f"is not signed by {ADA}"):
        open_approval(data, root_of(desk), "it", read_attestations(desk.attestations))


def test_the_trust_config_must_be_the_one_that_owners_signed(
    desk: Desk, instance: Instance, capsys: pytest.CaptureFixture[str]
) -> None:
    assert decide(desk, uri(instance)) == 0
    (config,) = (desk.attestations / "sigstore").iterdir()
    kept = config.read_bytes()
    config.write_bytes(kept.replace(b"test instance", b"next instance"))
    assert approve_by_quality(desk) == 1
    assert "is not the trust config that the trust root names" in capsys.readouterr().err
    config.unlink()
    assert approve_by_quality(desk) == 1
    assert "the trust config of its Sigstore instance, is missing" in capsys.readouterr().err
    config.write_bytes(kept)
    (config.parent / f"{'0' * 64}.json").write_bytes(kept)
    assert approve_by_quality(desk) == 0 and desk.pedigree("snapshot", by="Quentin") == 1
    assert "belongs to no identity" in capsys.readouterr().err


def test_an_identity_that_is_revoked_signs_no_more_and_what_it_approved_falls(
    desk: Desk, instance: Instance, capsys: pytest.CaptureFixture[str]
) -> None:
    assert decide(desk, uri(instance)) == 0 and approve_by_quality(desk) == 0
    assert desk.revoke("key", "Ada") == 0
    capsys.readouterr()
    assert decide(desk, uri(instance)) == 2
    assert "the identity of" in capsys.readouterr().err
    assert desk.pedigree("snapshot", by="Quentin") == 1  # it would list anew what fell
    bundle_of(desk).unlink()
    assert desk.pedigree("snapshot", by="Quentin") == 0
    with pytest.raises(Refused, match="is not approved by legal"):
        in_force(desk).approved(NAME, directory_files(desk.directory / "model"))


def test_an_identity_that_is_retired_signs_no_more_whatever_time_is_stated(desk: Desk, instance: Instance) -> None:
    assert decide(desk, uri(instance)) == 0
    data, files, root = bundle_of(desk).read_bytes(), read_attestations(desk.attestations), root_of(desk)
    (identity,) = root.identities.values()
    approval = open_approval(data, root, "it", files)
    early = replace(approval, signature=replace(approval.signature, time="2020-01-01T00:00:00Z"))
    data = sign_keyless(early.to_json(), Person(instance.config, ADA, ISSUER), instance.provider.token(ADA))
    assert open_approval(data, root, "it", files).signature.time == "2020-01-01T00:00:00Z"
    holder = replace(root.holders[identity.keyid], retired="2021-01-01T00:00:00Z")
    retired = replace(root, holders={**root.holders, identity.keyid: holder})
    with pytest.raises(Refused, match="with an identity that was retired at 2021"):
        open_approval(data, retired, "it", files)


@pytest.mark.parametrize("role", ["owner", "builder", "release"])
def test_roots_layouts_and_releases_take_keys(
    role: str, desk: Desk, instance: Instance, capsys: pytest.CaptureFixture[str]
) -> None:
    assert desk.pedigree("keys", "enroll", "--role", role, f"Eve={uri(instance, EVE)}", by="Olga") == 2
    assert f"the role {role} takes a key" in capsys.readouterr().err
    root = root_of(desk)
    (keyid,) = root.identities
    roles = {**root.roles, role: replace(root.roles[role], keyids=root.roles[role].keyids | {keyid})}
    roles["legal"] = replace(roles["legal"], keyids=roles["legal"].keyids - {keyid})
    assert f"gives 'Ada' the role {role} by an identity; that takes a key" in list(faults(replace(root, roles=roles)))


def test_snapshots_and_trust_roots_are_signed_by_keys_alone(
    desk: Desk, instance: Instance, capsys: pytest.CaptureFixture[str]
) -> None:
    assert desk.pedigree("keys", "enroll", "--role", "quality", f"Eve={uri(instance, EVE)}", by="Olga") == 0
    for call in (("snapshot",), ("keys", "sign")):
        assert desk.pedigree(*call, "--signer", uri(instance, EVE)) == 2
        assert "people approve and revoke by it" in capsys.readouterr().err
    assert (
        desk.pedigree(
            "keys",
            "enroll",
            "--role",
            "quality",
            "--threshold",
            "2",
            f"Max={uri(instance, 'max@example.org')}",
            by="Olga",
        )
        == 2
    )
    assert "would take 2 signatures and have 1 holders" in capsys.readouterr().err


def test_a_file_that_is_no_trust_config_is_not_enrolled(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for content in (b"", b"[]", b"{}", b'{"mediaType": "other"}', b"\xff"):
        (tmp_path / "config.json").write_bytes(content)
        named = f"Eve=sigstore:{tmp_path}/config.json?identity={EVE}&issuer={ISSUER}"
        assert desk.pedigree("keys", "enroll", "--role", "legal", named, by="Olga") == 2
        assert "is not the trust config of a Sigstore instance" in capsys.readouterr().err
    assert desk.pedigree("keys", "enroll", "--role", "legal", "Eve=sigstore:config.json", by="Olga") == 2


def test_without_the_client_such_an_approval_counts_for_nothing_and_it_is_said(desk: Desk, instance: Instance) -> None:
    assert decide(desk, uri(instance)) == 0 and approve_by_quality(desk) == 0
    shown = without_sigstore(desk, "base", "show", NAME)
    assert shown.returncode == 0 and "lacks legal" in shown.stdout
    assert "signed by the identity ada@example.org, which this `pedigree` cannot check" in shown.stdout
    listed = without_sigstore(desk, "snapshot", "--signer", desk.uri("Quentin"))
    assert listed.returncode == 1 and "use the `pedigree` of reviewers or of signers" in listed.stderr
    signed = without_sigstore(desk, "base", "approve", NAME, "--meaning", MEANING, "--signer", uri(instance))
    assert signed.returncode == 2 and "cannot sign by an identity" in signed.stderr


def test_without_the_client_a_log_is_verified_and_it_is_said_what_was_not_looked_at(
    desk: Desk, instance: Instance
) -> None:
    assert decide(desk, uri(instance)) == 0 and approve_by_quality(desk) == 0
    root = ("--root", str(desk.attestations / "root/1.json"))
    verified = without_sigstore(desk, "log", "verify", *root)
    assert verified.returncode == 0, verified.stderr
    path = bundle_of(desk).relative_to(desk.attestations)
    assert f"not checked here: {path} is signed by the identity {ADA}, which this" in " ".join(verified.stdout.split())
    assert desk.pedigree("log", "verify", *root) == 0


def test_without_the_client_no_release_is_made_from_what_only_an_identity_approved(
    desk: Desk, instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert decide(desk, uri(instance)) == 0 and approve_by_quality(desk) == 0
    assert desk.pedigree("snapshot", by="Quentin") == 0
    files = directory_files(desk.directory / "model")
    assert in_force(desk).approved(NAME, files)
    monkeypatch.setitem(sys.modules, "pedigree.trust.keyless", None)
    with pytest.raises(Refused, match="is not approved by legal; .* cannot check: it lacks .*; use the `pedigree` of"):
        in_force(desk).approved(NAME, files)


def test_without_the_client_such_a_revocation_lets_nothing_pass(desk: Desk, instance: Instance) -> None:
    assert decide(desk, uri(instance), "revoke", "base", NAME, "--reason", "wrong") == 0
    listed = without_sigstore(desk, "base", "list")
    assert listed.returncode == 1 and "cannot check: it lacks sigstore" in listed.stderr


def test_a_bundle_that_names_nobody_is_malformed(desk: Desk, instance: Instance) -> None:
    assert decide(desk, uri(instance)) == 0
    document = json.loads(bundle_of(desk).read_bytes())
    files, root = read_attestations(desk.attestations), root_of(desk)
    for envelope in ({}, {"payload": "e30="}, {"payload": "!"}, {"payload": 1}, None):
        data = canonical_json({**document, "dsseEnvelope": envelope})
        with pytest.raises(MalformedEvidence):
            open_approval(data, root, "it", files)
