"""An identity of another: somebody approves without a key, by a login that is not his, not any more, or not alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sigstore.verify import policy

from attacks.identified import LEA, Login, approve, file_config, listed, now, retired, with_lea
from attacks.verifier import EVIL
from pedigree.trust import decided, registered, root_rules
from pedigree.trust import root as roots
from pedigree.trust.decisions import Manifestation
from pedigree.trust.entry import Entry
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.identity import Identity
from pedigree.trust.places import instance_path
from pedigree.trust.registered import Registered
from pedigree.trust.root import TrustRoot, first_root
from pedigree.trust.signed import unsigned
from trust.office import FAR, LATER, NOON, Office
from trust.signing.instance import ISSUER, Instance, running

Patch = pytest.MonkeyPatch
MALLORY = ("mallory@example.org", ISSUER)
ELSEWHERE = (LEA[0], "https://login.example.com")


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    """The instance that the office trusts."""
    with running(tmp_path / "instance") as found:
        yield found


def proposed(directory: Path) -> tuple[Office, Entry]:
    """A model that quality approved, and legal did not."""
    office = Office(directory)
    entry = office.propose("models/base:evil", EVIL)
    office.approve(entry, "Quentin")
    return office, entry


def believed(office: Office, root: TrustRoot, anchor: TrustRoot | None = None, time: str = "") -> Registered:
    """What a verifier makes of it, with a snapshot that lists all."""
    office.publish_snapshot(root, time=time or now())
    return office.authority(anchor or root).approved("evil", EVIL)


def followed(before: TrustRoot, root: TrustRoot) -> TrustRoot:
    """The same, as the version after another."""
    return replace(root, version=before.version + 1, replaces=before.digest)


# Another person, or another who says who somebody is.


def signed_by(login: Login, directory: Path, instance: Instance) -> tuple[Office, TrustRoot]:
    office, entry = proposed(directory)
    lea = file_config(office, instance.config.read_bytes())
    approve(office, entry, lea, instance, login)
    return office, office.publish_root(with_lea(office, lea), "Olga")


@pytest.mark.parametrize("login", [MALLORY, ELSEWHERE])
def test_another_person_or_issuer_is_found_by_the_certificate(
    login: Login, tmp_path: Path, instance: Instance, monkeypatch: Patch
) -> None:
    office, root = signed_by(login, tmp_path, instance)
    with pytest.raises(Refused, match=f"is not signed by {LEA[0]}"):
        believed(office, root)
    monkeypatch.setattr(policy, "Identity", lambda **_: policy.UnsafeNoOp())
    assert believed(office, root)


# Another instance, which says of whoever runs it what he likes.


def test_another_instance_is_found_by_the_trust_config_and_that_by_the_trust_root(
    tmp_path: Path, instance: Instance, monkeypatch: Patch
) -> None:
    office, entry = proposed(tmp_path)
    lea = file_config(office, instance.config.read_bytes())
    root = office.publish_root(with_lea(office, lea), "Olga")
    with running(tmp_path / "other") as other:
        approve(office, entry, lea, other)
    with pytest.raises(Refused, match=f"is not signed by {LEA[0]}"):
        believed(office, root)
    office.files[instance_path(lea.instance)] = other.config.read_bytes()
    with pytest.raises(Refused, match="is not the trust config that the trust root names"):
        believed(office, root)
    monkeypatch.setattr(decided, "_config", lambda identity, files, _: files[instance_path(identity.instance)])
    assert believed(office, root)


# Back-dated: the login was stolen after its identity was retired, or its holder signs after the fact.


def stated_alone(monkeypatch: Patch) -> None:
    """Go by what a signature states."""
    monkeypatch.setattr(Manifestation, "signed_at", lambda self, _="": self.time)


def test_a_time_before_the_retirement_is_found_by_that_of_the_log(
    tmp_path: Path, instance: Instance, monkeypatch: Patch
) -> None:
    office, entry = proposed(tmp_path)
    lea = file_config(office, instance.config.read_bytes())
    first = office.publish_root(with_lea(office, lea), "Olga")
    second = office.publish_root(followed(first, retired(first, lea, LATER)), "Olga")
    approve(office, entry, lea, instance, time=NOON)
    with pytest.raises(Refused, match=f"is signed by Lea with an identity that was retired at {LATER}"):
        believed(office, second, first)
    stated_alone(monkeypatch)
    assert believed(office, second, first)


def test_a_time_before_the_snapshot_is_found_by_that_of_the_log(
    tmp_path: Path, instance: Instance, monkeypatch: Patch
) -> None:
    """Quality dates a snapshot back as well, so that the model was approved before it was used."""
    office, root = signed_by(LEA, tmp_path, instance)
    with pytest.raises(Refused, match=r"is approved by Lea at 20\S+Z, but the snapshot that lists that was made at"):
        believed(office, root, time=LATER)
    stated_alone(monkeypatch)
    assert believed(office, root, time=LATER)


# One login is enrolled as two people.


@pytest.mark.parametrize("name", ["Quinn", "Lea"])
@pytest.mark.parametrize("since", [1, 2])
def test_two_people_by_one_login_are_found_by_reading_the_trust_root(
    name: str, since: int, tmp_path: Path, instance: Instance, monkeypatch: Patch
) -> None:
    """The second is of another config of the instance, and so another identity. Lea would approve alone."""
    office = Office(tmp_path)
    entry = office.propose("models/base:evil", EVIL)
    lea = file_config(office, instance.config.read_bytes())
    other = file_config(office, instance.config.read_bytes() + b"\n")
    approve(office, entry, lea, instance)
    approve(office, entry, other, instance, name=name, role="quality")
    first = with_lea(office, lea)
    last = listed(first if since == 1 else followed(first, retired(first, lea, FAR)), other, name, "quality")
    data = office.sign(unsigned(last.to_json(), roots.PAYLOAD_TYPE), "Olga")
    with pytest.raises(MalformedEvidence, match=f"gives one login, {LEA[0]} at {ISSUER}, to 'Lea' as legal and to "):
        first_root(data, "the root")
    monkeypatch.setattr(root_rules, "_login_faults", lambda _: iter(()))
    anchor = last if since == 1 else office.publish_root(first, "Olga")
    office.publish_root(last, "Olga")
    if name == "Lea":
        with pytest.raises(Refused, match="is not approved by different people for legal and quality"):
            believed(office, last, anchor)
        monkeypatch.setattr(registered, "_shared", lambda *_: ())
    assert len(believed(office, last, anchor).approvals) == 2


# Revoked, and rotated to a newer trust config of the instance, by which what was revoked opens as well.


@pytest.mark.parametrize("below", [True, False])
def test_what_was_revoked_before_a_rotation_is_found_by_the_identity_that_the_statement_names(
    below: bool, tmp_path: Path, instance: Instance, monkeypatch: Patch
) -> None:
    """Whichever of the two sorts first."""
    office, entry = proposed(tmp_path)
    config = instance.config.read_bytes()
    old, new = sorted((file_config(office, config + end) for end in (b"", b"\n")), key=_by_id, reverse=not below)
    first = office.publish_root(with_lea(office, old), "Olga")
    approve(office, entry, old, instance)
    office.revoke("Quentin", "key", {"Lea": old.fingerprint})
    second = listed(followed(first, retired(first, old, FAR)), new, "Lea", "legal")
    office.publish_root(second, "Olga")
    fallen = "is not approved by legal; the approval by Lea fell with the key, which is revoked"
    with pytest.raises(Refused, match=fallen):
        believed(office, second, first)
    with monkeypatch.context() as off:
        off.setattr(decided, "_require_named", lambda *_: None)
        with pytest.raises(Refused, match=fallen):
            believed(office, second, first)
    monkeypatch.setattr(decided, "_named", lambda *_: new)
    with pytest.raises(Refused, match=f"names the identity sha256:{old.fingerprint} as its signer's, but is signed by"):
        believed(office, second, first)
    monkeypatch.setattr(decided, "_require_named", lambda *_: None)
    assert believed(office, second, first)


def _by_id(identity: Identity) -> str:
    return identity.keyid
