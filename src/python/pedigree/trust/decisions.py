"""What people decide and sign for: the approval of a base model, and the revocation of anything.

Each decision is an in-toto Statement v1 in a Sigstore bundle with one signature, which manifests the signer's printed
name, the time that he states, and what his signature means (21 CFR 11.50 names these three).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pedigree.trust.envelope import bundle_hint, open_bundle
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.roles import APPROVERS
from pedigree.trust.root import Holder, TrustRoot
from pedigree.trust.shapes import require_shape
from pedigree.trust.statement import APPROVAL, REVOCATION, check_statement, is_sha256, statement, subjects_of
from pedigree.trust.times import is_time, parse_time

KINDS = ("base", "dataset", "key", "release")


@dataclass(frozen=True)
class Manifestation:
    """What a person's signature says of itself.

    Attributes:
        name: Printed name.
        role: The role in which he signs.
        time: RFC 3339, as he states it.
        meaning: What the signature means: "I reviewed the scan and approve ...".
    """

    name: str
    role: str
    time: str
    meaning: str


@dataclass(frozen=True)
class Approval:
    """One person's approval of one entry.

    Attributes:
        files: Name -> sha256 of what is approved: these bytes and no others.
        entry: SHA-256 of the entry that describes them.
        signature: Who approves, in which role, when, and what that means.
        keyid: The key that signed.
    """

    files: Mapping[str, str]
    entry: str
    signature: Manifestation
    keyid: str

    def to_json(self) -> dict[str, Any]:
        """The statement that is signed."""
        predicate = {"entry": {"sha256": self.entry}, "signature": asdict(self.signature)}
        return statement(self.files, APPROVAL, predicate)


@dataclass(frozen=True)
class Revocation:
    """One person's word that something must not be used, whatever was said before.

    Attributes:
        kind: One of `KINDS`.
        subjects: Name -> sha256 of what is revoked: files, or the PEM of a key.
        reason: Why.
        signature: Who revokes, in which role, when, and what that means.
        keyid: The key that signed.
    """

    kind: str
    subjects: Mapping[str, str]
    reason: str
    signature: Manifestation
    keyid: str

    @property
    def words(self) -> str:
        """What a person reads of it."""
        who = self.signature
        return f"revoked by {who.name} ({who.role}, {who.time}): {self.reason}"

    def to_json(self) -> dict[str, Any]:
        """The statement that is signed."""
        predicate = {"kind": self.kind, "reason": self.reason, "signature": asdict(self.signature)}
        return statement(self.subjects, REVOCATION, predicate)


_SIGNATURE = dict.fromkeys(("name", "role", "time", "meaning"), str)
_APPROVAL = {"entry": {"sha256": str}, "signature": _SIGNATURE}
_REVOCATION = {"kind": str, "reason": str, "signature": _SIGNATURE}


def open_approval(data: bytes, root: TrustRoot, origin: str) -> Approval:
    """An approval by somebody who may approve.

    Raises:
        MalformedEvidence: It is no approval.
        Refused: The signature does not count.
    """
    document, keyid = _open(data, root, APPROVAL, APPROVERS, origin)
    predicate = document["predicate"]
    try:
        require_shape(predicate, _APPROVAL, "it")
        approval = Approval(
            subjects_of(document), predicate["entry"]["sha256"], Manifestation(**predicate["signature"]), keyid
        )
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedEvidence(f"{origin} is not an approval: {error}") from error
    if approval.to_json() != document or not is_sha256(approval.entry):
        raise MalformedEvidence(f"{origin} is not an approval, or is not written as one")
    _require_holder(approval.signature, root, keyid, origin)
    return approval


def open_revocation(data: bytes, root: TrustRoot, origin: str) -> Revocation:
    """A revocation by somebody who may revoke: any holder of a role that approves, or an owner.

    Raises:
        MalformedEvidence: It is no revocation.
        Refused: The signature does not count.
    """
    document, keyid = _open(data, root, REVOCATION, may_revoke(root), origin)
    predicate = document["predicate"]
    try:
        require_shape(predicate, _REVOCATION, "it")
        signature = Manifestation(**predicate["signature"])
        revocation = Revocation(predicate["kind"], subjects_of(document), predicate["reason"], signature, keyid)
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedEvidence(f"{origin} is not a revocation: {error}") from error
    if revocation.to_json() != document or revocation.kind not in KINDS:
        raise MalformedEvidence(f"{origin} is not a revocation, or is not written as one")
    _require_holder(revocation.signature, root, keyid, origin)
    return revocation


def may_revoke(root: TrustRoot) -> tuple[str, ...]:
    """Roles whose holders may each revoke alone: to stop must be easier than to start."""
    return tuple(sorted({"owner", "quality", *root.approvals}))


def _open(
    data: bytes, root: TrustRoot, predicate_type: str, roles: tuple[str, ...], origin: str
) -> tuple[dict[str, Any], str]:
    """The document, and the id of the key that signed it."""
    fingerprint = bundle_hint(data, origin)
    holder = next((item for item in root.holders.values() if item.key.fingerprint == fingerprint), None)
    if holder is None:
        raise Refused(f"{origin} is signed by a key that the trust root does not list: sha256:{fingerprint}")
    _require_role(root, holder, roles, origin)
    document = open_bundle(data, holder.key, origin)
    check_statement(document, origin, predicate_type)
    return document, holder.key.keyid


def _require_role(root: TrustRoot, holder: Holder, roles: tuple[str, ...], origin: str) -> None:
    role = root.role_of(holder.key.keyid)
    if role not in roles:
        raise Refused(
            f"{origin} is signed by {holder.name} in the role {role or 'of nobody'}, not {' or '.join(roles)}"
        )


def _require_holder(signature: Manifestation, root: TrustRoot, keyid: str, origin: str) -> None:
    """What the signature says of its signer must be what the trust root says of the key."""
    holder = root.holders[keyid]
    if (signature.name, signature.role) != (holder.name, root.role_of(keyid)):
        raise Refused(
            f"{origin} is signed as {signature.name}, {signature.role}, "
            f"but the key is that of {holder.name}, {root.role_of(keyid)}"
        )
    if not is_time(signature.time) or not signature.meaning.strip():
        raise MalformedEvidence(f"{origin} states no time, or not what the signature means")
    if holder.retired and parse_time(signature.time) >= parse_time(holder.retired):
        raise Refused(f"{origin} is signed by {holder.name} with a key that was retired at {holder.retired}")
