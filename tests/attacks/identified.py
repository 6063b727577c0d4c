"""An office where somebody of legal has no key: Lea logs in at a Sigstore instance of the test."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from pedigree.step.digests import sha256_bytes
from pedigree.trust.decisions import Approval, Manifestation
from pedigree.trust.entry import Entry
from pedigree.trust.identity import Identity, Person
from pedigree.trust.keyless import sign_keyless
from pedigree.trust.places import instance_path
from pedigree.trust.root import Holder, TrustRoot
from pedigree.trust.times import write_time
from trust.office import NOON, Office
from trust.signing.instance import ISSUER, Instance

LEA = ("lea@example.org", ISSUER)
Login = tuple[str, str]


def file_config(office: Office, config: bytes, login: Login = LEA) -> Identity:
    """File a trust config; the identity of who logs in at its instance."""
    identity = Identity(*login, sha256_bytes(config))
    office.files[instance_path(identity.instance)] = config
    return identity


def with_lea(office: Office, identity: Identity) -> TrustRoot:
    """A trust root where Lea has an identity in the place of her key, and Linus of legal has one."""
    office.people["Linus"] = "legal"
    root, lea = office.root(), office.key("Lea").keyid
    holders = {keyid: holder for keyid, holder in root.holders.items() if keyid != lea}
    legal = replace(root.roles["legal"], keyids=root.roles["legal"].keyids - {lea})
    return listed(replace(root, holders=holders, roles={**root.roles, "legal": legal}), identity, "Lea", "legal")


def listed(root: TrustRoot, identity: Identity, name: str, role: str) -> TrustRoot:
    """The same trust root with one more identity in a role, asking nobody whether that makes sense."""
    its = replace(root.roles[role], keyids=root.roles[role].keyids | {identity.keyid})
    holders = {**root.holders, identity.keyid: Holder(name, identity)}
    return replace(root, holders=holders, roles={**root.roles, role: its})


def retired(root: TrustRoot, identity: Identity, time: str) -> TrustRoot:
    """The same trust root with an identity out of use."""
    holder = replace(root.holders[identity.keyid], retired=time)
    return replace(root, holders={**root.holders, identity.keyid: holder})


def approve(
    office: Office,
    entry: Entry,
    identity: Identity,
    instance: Instance,
    login: Login = LEA,
    name: str = "Lea",
    role: str = "legal",
    time: str = NOON,
) -> None:
    """File an approval that names an identity, by whoever logs in at an instance, with tools of his own."""
    signature = Manifestation(name, role, time, "I reviewed it and approve its use", identity.fingerprint)
    approval = Approval(entry.files, entry.sha256, signature, identity.keyid)
    data = sign_keyless(approval.to_json(), Person(instance.config, *login), instance.provider.token(*login))
    office.files[f"approvals/{entry.uid[:16]}/{role}.{identity.keyid[:8]}.sigstore.json"] = data


def now() -> str:
    """The time of the instance's log, or later."""
    return write_time(datetime.now(UTC))
