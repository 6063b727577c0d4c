"""A base model is approved, released, and revoked: the real rooms, real keys, a real Pants."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pedigree.registry.weights_manifest import read_weights_manifest
from pedigree.trust.decisions import Approval
from pedigree.trust.identity import Identity, person_of
from pedigree.trust.inforce import Trust
from pedigree.trust.keyless import sign_keyless
from pedigree.trust.places import instance_path
from pedigree.trust.root import Holder, TrustRoot
from pedigree.trust.times import write_time
from pedigree.trust.verdict import Check
from pedigree.trust.verify import verify_release
from system.conftest import Repo, add_signers, lay_out, stop_daemon
from system.weights import name_base
from trust.office import Office
from trust.signing.instance import ISSUER, running

BUILT = tuple(f"Starting: {kind} " for kind in ("dataset", "base_model", "finetune", "evaluation", "release"))


@pytest.fixture
def repo(tmp_path: Path) -> Iterator[Repo]:
    """A repository with a base model of its own stores, which real rooms seal."""
    apart = lay_out(tmp_path / "repo", ("build", "step", "data", "trust"))
    yield apart
    stop_daemon(apart.root)


def publish(office: Office, repo: Repo) -> None:
    """Lay what the office signed into the repository."""
    for path, data in office.files.items():
        target = repo.root / "attestations" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def test_a_base_model_is_built_from_once_it_is_approved_and_until_it_is_revoked(repo: Repo, tmp_path: Path) -> None:
    office = Office(tmp_path)
    ray = office.uri("Ray")
    apart = [f"--local-store-dir={tmp_path}/store", f"--named-caches-dir={tmp_path}/caches"]
    name_base(repo, tmp_path / "caches/pedigree_models", ["15.6", "OK"], 100)
    package = (*apart, "package", "models/fw:fw")

    unapproved = repo.pants(*package, signer=ray)
    assert unapproved.returncode != 0 and not any(line in unapproved.stderr for line in BUILT)
    assert "target 'models/fw' may not be built:" in unapproved.stderr
    assert "nobody may approve the base model 'models/fw:base'" in unapproved.stderr

    root = office.publish_root(office.root(), "Olga")
    manifest = read_weights_manifest(repo.root / "models/fw/weights.json")
    entry = office.propose("models/fw:base", {file.name: file.sha256 for file in manifest.files})
    office.approve(entry, "Lea")
    office.publish_snapshot(root)
    publish(office, repo)
    half = repo.pants(*package, signer=ray)
    assert half.returncode != 0 and not any(line in half.stderr for line in BUILT)
    assert "base model 'models/fw:base' is not approved by quality" in half.stderr

    office.approve(entry, "Quentin")
    office.publish_snapshot(root, 2)
    publish(office, repo)
    released = repo.pants(*package, signer=ray)
    assert released.returncode == 0, released.stderr
    release = repo.root / "dist/models/fw"
    assert failed(office, release) == []

    office.revoke("Lea", "base", {entry.name: entry.uid}, "its terms were withdrawn")
    publish(office, repo)
    for target, way in (("models/fw:fw", "models/fw"), ("models/fw:sft", "models/fw:sft")):
        revoked = repo.pants(*apart, "package", target, signer=ray)
        assert revoked.returncode != 0 and not any(line in revoked.stderr for line in BUILT)
        assert "revoked by Lea (legal, 2026-01-31T12:00:00Z): its terms were withdrawn" in revoked.stderr
        assert f"the way from there is models/fw:base -> {way}\n" in revoked.stderr
    office.publish_snapshot(root, 3)
    (check,) = failed(office, release)
    assert "its terms were withdrawn" in check.detail


def test_a_release_is_made_from_what_an_identity_approved(repo: Repo, tmp_path: Path) -> None:
    """Legal has no key; the build checks his approval with Sigstore's client, which it has for that alone."""
    add_signers(repo)
    office = Office(tmp_path)
    # The weights lie apart; what is in the store may stay, as packages of all signers take minutes to install.
    apart = [f"--named-caches-dir={tmp_path}/caches"]
    name_base(repo, tmp_path / "caches/pedigree_models", ["15.6", "OK"], 100)
    manifest = read_weights_manifest(repo.root / "models/fw/weights.json")
    entry = office.propose("models/fw:base", {file.name: file.sha256 for file in manifest.files})
    office.approve(entry, "Quentin")
    with running(tmp_path / "instance") as instance:
        lea = person_of(f"sigstore:{instance.config}?identity=lea@example.org&issuer={ISSUER}")
        config = instance.config.read_bytes()
        identity = lea.listed_as(config)
        said = office.manifestation("Lea", "I reviewed its terms and approve its use")
        signature = replace(said, identity=identity.fingerprint)
        approval = Approval(entry.files, entry.sha256, signature, identity.keyid).to_json()
        signed = sign_keyless(approval, lea, instance.provider.token(lea.identity, lea.issuer))
    office.files[f"approvals/{entry.uid[:16]}/legal.{identity.keyid[:8]}.sigstore.json"] = signed
    office.files[instance_path(identity.instance)] = config
    root = office.publish_root(identified(office.root(), office.key("Lea").keyid, identity), "Olga")
    # The log saw the approval just now, and no snapshot of before can have listed it.
    office.publish_snapshot(root, time=write_time(datetime.now(UTC)))
    publish(office, repo)
    released = repo.pants(*apart, "package", "models/fw:fw", signer=office.uri("Ray"))
    assert released.returncode == 0, released.stderr
    release = repo.root / "dist/models/fw"
    trust = Trust(root, office.files, None, datetime.now(UTC), None)
    verdict = verify_release(release, office.key("Ray"), trust)
    assert verdict.failed == ()
    assert re.search(r"approved by Lea \(legal, \S+; in the log at \S+\), Quentin", verdict.checks[15].detail)


def identified(root: TrustRoot, keyid: str, identity: Identity) -> TrustRoot:
    """The same trust root with an identity in the place of a key."""
    holders = {other: holder for other, holder in root.holders.items() if other != keyid}
    holders[identity.keyid] = Holder(root.holders[keyid].name, identity)
    role = root.role_of(keyid)
    roles = {**root.roles, role: replace(root.roles[role], keyids=frozenset({identity.keyid}))}
    return replace(root, holders=holders, roles=roles)


def failed(office: Office, release: Path) -> list[Check]:
    """What does not hold of a release by what the office publishes now."""
    now = datetime(2026, 2, 1, tzinfo=UTC)
    verdict = verify_release(release, office.key("Ray"), Trust(office.root(), office.files, None, now, None))
    return [check for check in verdict.checks if not check.holds]
