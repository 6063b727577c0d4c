"""People with keys and roles, and what they signed: real keys, real files, made anew for each test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from securesystemslib.signer import Signer  # type: ignore[attr-defined]

from pedigree.step.digests import sha256_bytes
from pedigree.trust import root as roots
from pedigree.trust import snapshot as snapshots
from pedigree.trust.authority import Authority, load_authority
from pedigree.trust.decisions import Approval, Manifestation, Revocation
from pedigree.trust.entry import Entry, License
from pedigree.trust.envelope import sign_bundle
from pedigree.trust.public import PublicKey
from pedigree.trust.root import Holder, Role, TrustRoot
from pedigree.trust.signed import Signed, add_signature
from pedigree.trust.signers import load_signer, signer_public_key
from pedigree.trust.snapshot import Snapshot
from trust.keyfile import make_key

PEOPLE = {"Olga": "owner", "Otto": "owner", "Bea": "builder", "Quentin": "quality", "Lea": "legal", "Ray": "release"}
APPROVALS = ("legal", "quality")
NOON = "2026-01-31T12:00:00Z"
LATER = "2026-02-28T12:00:00Z"
FAR = "2999-12-31T23:59:59Z"


@dataclass
class Office:
    """A directory of attestations and the people who fill it.

    Attributes:
        directory: Where keys lie.
        files: Path relative to the directory of attestations -> content.
        people: Name -> role.
    """

    directory: Path
    files: dict[str, bytes] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=lambda: dict(PEOPLE))

    def uri(self, name: str) -> str:
        """A person's signer; the key is made when it is first asked for."""
        path = self.directory / f"{name}.pem"
        return f"file:{path}" if path.exists() else make_key(path)

    def key(self, name: str) -> PublicKey:
        return signer_public_key(self.uri(name))

    def signer(self, name: str) -> Signer:
        return load_signer(self.uri(name), self.key(name))

    def root(self, version: int = 1, replaces: str = "", owners: int = 1) -> TrustRoot:
        """A trust root with everybody in it."""
        holders = {self.key(name).keyid: Holder(name, self.key(name)) for name in self.people}
        roles = {
            role: Role(frozenset(self.key(name).keyid for name, its in self.people.items() if its == role), 1)
            for role in set(PEOPLE.values())
        }
        roles["owner"] = replace(roles["owner"], threshold=owners)
        return TrustRoot(version, replaces, "for a test", holders, roles, APPROVALS)

    def retired(self, root: TrustRoot, name: str, time: str = LATER) -> TrustRoot:
        """The same version with somebody's key taken out of use."""
        keyid = self.key(name).keyid
        return replace(root, holders={**root.holders, keyid: replace(root.holders[keyid], retired=time)})

    def sign(self, signed: Signed, *names: str) -> bytes:
        for name in names:
            signed = add_signature(signed, self.signer(name))
        return signed.to_bytes()

    def publish_root(self, root: TrustRoot, *names: str) -> TrustRoot:
        """Sign a version of the trust root, and file it."""
        self.files[f"root/{root.version}.json"] = self.sign(roots.draft(root), *names)
        return root

    def manifestation(self, name: str, meaning: str, time: str = NOON) -> Manifestation:
        return Manifestation(name, self.people[name], time, meaning)

    def propose(self, name: str, files: Mapping[str, str], **changes: object) -> Entry:
        """File an entry for a base model."""
        scan, card, addendum = b'{"verdict":"pass"}', b"# Tiny\n", b"# For us\n"
        entry = Entry(
            name=name,
            files=dict(files),
            parts=dict.fromkeys(files, "weights"),
            license=License("Apache-2.0", "permissive", (), ""),
            publisher="us",
            source="models/base:tiny",
            scan=sha256_bytes(scan),
            verdict="pass",
            card=sha256_bytes(card),
            addendum=sha256_bytes(addendum),
            tier="2",
            serving=("vllm",),
            publisher_signature="",
            note="",
        )
        entry = replace(entry, **changes)  # type: ignore[arg-type]
        place = f"approvals/{entry.uid[:16]}"
        beside = {"scan.json": scan, "card.md": card, "addendum.md": addendum, "entry.json": entry.to_bytes()}
        self.files.update({f"{place}/{path}": data for path, data in beside.items()})
        return entry

    def approve(self, entry: Entry, *names: str, time: str = NOON) -> None:
        """Have people approve an entry."""
        for name in names:
            signature = self.manifestation(name, "I reviewed it and approve its use", time)
            approval = Approval(entry.files, entry.sha256, signature, self.key(name).keyid)
            path = f"approvals/{entry.uid[:16]}/{self.people[name]}.{self.key(name).keyid[:8]}.sigstore.json"
            self.files[path] = sign_bundle(approval.to_json(), self.signer(name), self.key(name))

    def revoke(
        self, name: str, kind: str, subjects: Mapping[str, str], reason: str = "it was found to be wrong"
    ) -> str:
        """Have somebody revoke something; the file's path."""
        signature = self.manifestation(name, "I revoke it")
        revocation = Revocation(kind, subjects, reason, signature, self.key(name).keyid)
        path = f"revocations/{kind}-{min(subjects.values())[:16]}.sigstore.json"
        self.files[path] = sign_bundle(revocation.to_json(), self.signer(name), self.key(name))
        return path

    def publish_snapshot(
        self, root: TrustRoot, version: int = 1, *, time: str = NOON, expires: str = FAR, by: str = "Quentin"
    ) -> Snapshot:
        """Have quality sign what is filed."""
        listed = {
            path: sha256_bytes(data)
            for path, data in self.files.items()
            if path.startswith(("approvals/", "revocations/", "layouts/", "sigstore/"))
        }
        snapshot = Snapshot(version, root.version, root.digest, time, expires, listed)
        self.files["snapshot.json"] = self.sign(snapshots.draft(snapshot), by)
        return snapshot

    def authority(self, anchor: TrustRoot) -> Authority:
        """What is in force."""
        return load_authority(self.files, anchor)
