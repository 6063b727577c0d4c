"""What people decide and sign for: the approval of a base model, and the revocation of anything.

Each decision is an in-toto Statement v1 in a Sigstore bundle with one signature, which manifests the signer's printed
name, the time that he states, and what his signature means (21 CFR 11.50 names these three).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pedigree.trust.decided import NO_FILES, Files, open_decision, require_holder
from pedigree.trust.errors import MalformedEvidence
from pedigree.trust.roles import APPROVERS
from pedigree.trust.root import TrustRoot
from pedigree.trust.shapes import require_shape
from pedigree.trust.statement import APPROVAL, REVOCATION, is_sha256, statement, subjects_of

KINDS = ("base", "dataset", "key", "release")


@dataclass(frozen=True)
class Manifestation:
    """What a person's signature says of itself.

    Attributes:
        name: Printed name.
        role: The role in which he signs.
        time: RFC 3339, as he states it.
        meaning: What the signature means: "I reviewed the scan and approve ...".
        identity: Fingerprint of the identity that signs; empty for a key, which the bundle names.
    """

    name: str
    role: str
    time: str
    meaning: str
    identity: str = ""

    def signed_at(self, logged: str = "") -> str:
        """When he signed, wherever that decides: nobody states a time before the one at which a log saw it.

        Both are in one form, in which later is greater.
        """
        return max(self.time, logged)

    def words(self, logged: str = "") -> str:
        """Who signed, in which role and when, for people; beside the stated time that of a log, where one saw it."""
        return f"{self.name} ({self.role}, {self.time}{f'; in the log at {logged}' if logged else ''})"

    def to_json(self) -> dict[str, str]:
        """What is signed of it."""
        return {field: text for field, text in asdict(self).items() if text or field != "identity"}


@dataclass(frozen=True)
class Approval:
    """One person's approval of one entry.

    Attributes:
        files: Name -> sha256 of what is approved: these bytes and no others.
        entry: SHA-256 of the entry that describes them.
        signature: Who approves, in which role, when, and what that means.
        keyid: The key or identity that signed.
        logged: When a log saw the signature, for an identity; empty for a key.
    """

    files: Mapping[str, str]
    entry: str
    signature: Manifestation
    keyid: str
    logged: str = ""

    @property
    def words(self) -> str:
        """What a person reads of it."""
        return self.signature.words(self.logged)

    @property
    def signed_at(self) -> str:
        """When it was signed, wherever that decides."""
        return self.signature.signed_at(self.logged)

    def to_json(self) -> dict[str, Any]:
        """The statement that is signed."""
        predicate = {"entry": {"sha256": self.entry}, "signature": self.signature.to_json()}
        return statement(self.files, APPROVAL, predicate)


@dataclass(frozen=True)
class Revocation:
    """One person's word that something must not be used, whatever was said before.

    Attributes:
        kind: One of `KINDS`.
        subjects: Name -> sha256 of what is revoked: files, the PEM of a key, or an identity.
        reason: Why.
        signature: Who revokes, in which role, when, and what that means.
        keyid: The key or identity that signed.
        logged: When a log saw the signature, for an identity; empty for a key.
    """

    kind: str
    subjects: Mapping[str, str]
    reason: str
    signature: Manifestation
    keyid: str
    logged: str = ""

    @property
    def words(self) -> str:
        """What a person reads of it."""
        return f"revoked by {self.signature.words(self.logged)}: {self.reason}"

    @property
    def signed_at(self) -> str:
        """When it was signed, wherever that decides."""
        return self.signature.signed_at(self.logged)

    def to_json(self) -> dict[str, Any]:
        """The statement that is signed."""
        predicate = {"kind": self.kind, "reason": self.reason, "signature": self.signature.to_json()}
        return statement(self.subjects, REVOCATION, predicate)


_SIGNATURE = dict.fromkeys(("name", "role", "time", "meaning"), str)
_APPROVAL = {"entry": {"sha256": str}}
_REVOCATION = {"kind": str, "reason": str}


def open_approval(data: bytes, root: TrustRoot, origin: str, files: Files = NO_FILES) -> Approval:
    """An approval by somebody who may approve.

    Args:
        data: The bundle.
        root: The trust root.
        origin: What to call it in an error.
        files: Attestations beside it; those who sign by an identity need the trust config of their instance.

    Raises:
        MalformedEvidence: It is no approval.
        Refused: The signature does not count.
        NoSigstore: It is that of an identity, and cannot be checked here.
    """
    decided = open_decision(data, root, files, APPROVAL, APPROVERS, origin)
    document, predicate = decided.document, decided.document["predicate"]
    try:
        signature = _manifested(predicate, _APPROVAL)
        entry = predicate["entry"]["sha256"]
        approval = Approval(subjects_of(document), entry, signature, decided.keyid, decided.logged)
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedEvidence(f"{origin} is not an approval: {error}") from error
    if approval.to_json() != document or not is_sha256(approval.entry):
        raise MalformedEvidence(f"{origin} is not an approval, or is not written as one")
    require_holder(approval.signature, root, decided, origin)
    return approval


def open_revocation(data: bytes, root: TrustRoot, origin: str, files: Files = NO_FILES) -> Revocation:
    """A revocation by somebody who may revoke: any holder of a role that approves, or an owner.

    Arguments as of `open_approval`.

    Raises:
        MalformedEvidence: It is no revocation.
        Refused: The signature does not count.
        NoSigstore: It is that of an identity, and cannot be checked here.
    """
    decided = open_decision(data, root, files, REVOCATION, may_revoke(root), origin)
    document, predicate = decided.document, decided.document["predicate"]
    try:
        signature = _manifested(predicate, _REVOCATION)
        kind, reason = predicate["kind"], predicate["reason"]
        revocation = Revocation(kind, subjects_of(document), reason, signature, decided.keyid, decided.logged)
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedEvidence(f"{origin} is not a revocation: {error}") from error
    if revocation.to_json() != document or revocation.kind not in KINDS:
        raise MalformedEvidence(f"{origin} is not a revocation, or is not written as one")
    require_holder(revocation.signature, root, decided, origin)
    return revocation


def _manifested(predicate: dict[str, Any], shape: dict[str, Any]) -> Manifestation:
    """What a signature says of itself, once the predicate that it is in has its shape.

    Raises:
        ValueError: It has another.
    """
    more = {"identity": str} if "identity" in predicate["signature"] else {}
    require_shape(predicate, {**shape, "signature": {**_SIGNATURE, **more}}, "it")
    return Manifestation(**predicate["signature"])


def may_revoke(root: TrustRoot) -> tuple[str, ...]:
    """Roles whose holders may each revoke alone: to stop must be easier than to start."""
    return tuple(sorted({"owner", "quality", *root.approvals}))
