"""The trust root: whose keys count for what. Signed by the owners, and replaced only by what they sign.

Each version is a file `root/<version>.json`, a DSSE envelope. A version is valid when enough owners of the version
before it and enough of its own owners signed it, and when it names the digest of the version before (as TUF replaces
its root, specification 1.0.34, section 5.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pedigree.step.canonical import canonical_json
from pedigree.step.digests import sha256_bytes
from pedigree.step.errors import ToolError
from pedigree.trust.errors import MalformedEvidence
from pedigree.trust.identity import Credential, Identity
from pedigree.trust.public import PublicKey, public_key
from pedigree.trust.roles import LEGAL, OWNER
from pedigree.trust.root_rules import faults
from pedigree.trust.shapes import require_shape
from pedigree.trust.signed import Signed, parse_signed, unsigned

SCHEMA = "pedigree.trust-root/1"
SCHEMA_WITH_IDENTITIES = "pedigree.trust-root/2"
"""Of a root that lists identities; an older `pedigree` would not know whom it left out."""
PAYLOAD_TYPE = "application/vnd.pedigree.trust-root+json"


@dataclass(frozen=True)
class Holder:
    """A key, or an identity, and the person or service that has it.

    Attributes:
        name: Printed name.
        key: The public key; or the identity of a person who signs without one.
        retired: RFC 3339 time from which on nothing that the key signs counts; what it signed before still does.
            Empty while the key is in use.
    """

    name: str
    key: Credential
    retired: str = ""


@dataclass(frozen=True)
class Role:
    """Whose signatures count for a role, and how many of them it takes.

    Attributes:
        keyids: Keys and identities that have the role. They may be retired since.
        threshold: How many holders must sign what takes the role's word as a whole.
    """

    keyids: frozenset[str]
    threshold: int


@dataclass(frozen=True)
class TrustRoot:
    """One version of the trust root.

    Attributes:
        version: Counts from 1, without gaps.
        replaces: Digest of the version before; empty for the first.
        note: What its owners say of it, in words.
        holders: Id of the key or identity -> holder, of everyone who ever had a role.
        roles: Role -> who has it.
        approvals: Roles that must approve a base model before a release is made from it.
    """

    version: int
    replaces: str
    note: str
    holders: Mapping[str, Holder]
    roles: Mapping[str, Role]
    approvals: tuple[str, ...]

    def keys(self, role: str) -> dict[str, PublicKey]:
        """Key id -> key, of those who have the role and are not retired; identities are left out."""
        return {keyid: key for keyid, key in self.all_keys(role).items() if not self.holders[keyid].retired}

    def all_keys(self, role: str) -> dict[str, PublicKey]:
        """Key id -> key, of those who have the role, or had it until they were retired."""
        held = ((keyid, self.holders[keyid].key) for keyid in self.roles[role].keyids)
        return {keyid: key for keyid, key in held if isinstance(key, PublicKey)}

    def in_use(self, role: str) -> frozenset[str]:
        """Ids of the keys and identities that have the role and are not retired."""
        return frozenset(keyid for keyid in self.roles[role].keyids if not self.holders[keyid].retired)

    def count(self, role: str) -> int:
        """How many can sign what takes the role's word as a whole: snapshots and roots take keys, approvals do not."""
        return len(self.in_use(role)) if role == LEGAL else len(self.keys(role))

    @property
    def identities(self) -> dict[str, Identity]:
        """Id -> identity, of everyone who has or had one."""
        held = ((keyid, holder.key) for keyid, holder in self.holders.items())
        return {keyid: key for keyid, key in held if isinstance(key, Identity)}

    @property
    def digest(self) -> str:
        """SHA-256 of what is signed, whoever signed it; the next version names it."""
        return sha256_bytes(canonical_json(self.to_json()))

    def role_of(self, keyid: str) -> str:
        """The role that a key has, or had before it was retired; empty for a key that is not listed."""
        return next((name for name, role in self.roles.items() if keyid in role.keyids), "")

    def to_json(self) -> dict[str, Any]:
        """The document that owners sign."""
        identities = {
            keyid: {"name": self.holders[keyid].name, **identity.to_json(), "retired": self.holders[keyid].retired}
            for keyid, identity in self.identities.items()
        }
        document = {
            "schema": SCHEMA_WITH_IDENTITIES if identities else SCHEMA,
            "version": str(self.version),
            "replaces": self.replaces,
            "note": self.note,
            "holders": {
                keyid: {"name": holder.name, "pem": holder.key.pem, "retired": holder.retired}
                for keyid, holder in self.holders.items()
                if isinstance(holder.key, PublicKey)
            },
            "roles": {
                name: {"keyids": sorted(role.keyids), "threshold": str(role.threshold)}
                for name, role in self.roles.items()
            },
            "approvals": {"base_model": list(self.approvals)},
        }
        return {**document, "identities": identities} if identities else document


def draft(root: TrustRoot) -> Signed:
    """A root that nobody has signed yet.

    Raises:
        MalformedEvidence: No reader would accept it.
    """
    return unsigned(_checked(root, "the trust root").to_json(), PAYLOAD_TYPE)


def parse_root(data: bytes, origin: str) -> tuple[TrustRoot, Signed]:
    """Read a root. Its signatures are not checked.

    Raises:
        MalformedEvidence: It is not one.
    """
    signed = parse_signed(data, PAYLOAD_TYPE, origin)
    try:
        require_shape(signed.document, {**_SHAPE, **(_MORE if "identities" in signed.document else {})}, "it")
        root = _from_json(signed.document)
    except (KeyError, TypeError, ValueError, AttributeError, ToolError) as error:
        raise MalformedEvidence(f"{origin} is not a {SCHEMA} document: {error}") from error
    if root.to_json() != signed.document:
        raise MalformedEvidence(f"{origin} is not a {SCHEMA} document, or is not written as one")
    return _checked(root, origin), signed


def first_root(data: bytes, origin: str) -> TrustRoot:
    """A root that is trusted because somebody was handed it; its own owners must have signed it.

    Raises:
        MalformedEvidence: It is no trust root.
        Refused: Too few owners signed it.
    """
    root, signed = parse_root(data, origin)
    signed.require(root.keys(OWNER), root.roles[OWNER].threshold, origin)
    return root


_SHAPE = {
    **dict.fromkeys(("schema", "version", "replaces", "note"), str),
    "holders": {"*": dict.fromkeys(("name", "pem", "retired"), str)},
    "roles": {"*": {"keyids": [str], "threshold": str}},
    "approvals": {"base_model": [str]},
}
_MORE = {"identities": {"*": dict.fromkeys(("name", "identity", "issuer", "instance", "retired"), str)}}


def _from_json(document: Mapping[str, Any]) -> TrustRoot:
    holders = {
        keyid: Holder(entry["name"], public_key(entry["pem"].encode(), f"the key of {entry['name']}"), entry["retired"])
        for keyid, entry in document["holders"].items()
    }
    for keyid, entry in document.get("identities", {}).items():
        identity = Identity(entry["identity"], entry["issuer"], entry["instance"])
        holders[keyid] = Holder(entry["name"], identity, entry["retired"])
    roles = {
        name: Role(frozenset(entry["keyids"]), int(entry["threshold"])) for name, entry in document["roles"].items()
    }
    approvals = tuple(document["approvals"]["base_model"])
    return TrustRoot(int(document["version"]), document["replaces"], document["note"], holders, roles, approvals)


def _checked(root: TrustRoot, origin: str) -> TrustRoot:
    """The root, if it makes sense."""
    for words in faults(root):
        raise MalformedEvidence(f"{origin} {words}")
    return root
