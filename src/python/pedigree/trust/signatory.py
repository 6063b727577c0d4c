"""Who signs: the person that a trust root lists for the key of a signer, or for an identity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from pedigree.step.errors import ToolError
from pedigree.trust.decisions import Manifestation
from pedigree.trust.envelope import sign_bundle
from pedigree.trust.identity import Credential, kind_of
from pedigree.trust.public import PublicKey, public_key
from pedigree.trust.root import Holder, TrustRoot
from pedigree.trust.signers import open_signer

if TYPE_CHECKING:
    from securesystemslib.signer import Signer  # type: ignore[attr-defined]


class Decider(Protocol):
    """Somebody who can sign what he decided: with his key in hand, or by logging in."""

    @property
    def name(self) -> str:
        """Printed name, as the trust root has it."""

    @property
    def role(self) -> str:
        """His role."""

    @property
    def keyid(self) -> str:
        """Under what the trust root lists his key or identity."""

    def manifests(self, time: str, meaning: str) -> Manifestation:
        """What his signature says of itself."""

    def decide(self, document: dict[str, Any]) -> bytes:
        """Sign a statement into a Sigstore bundle; the file's bytes."""


@dataclass(frozen=True)
class Signatory:
    """Somebody with his key in hand.

    Attributes:
        name: Printed name, as the trust root has it.
        role: His role.
        public: His public key.
        signer: What signs for him.
        uri: How the signer is named; for the audit log, which is signed by the same key.
    """

    name: str
    role: str
    public: PublicKey
    signer: Signer
    uri: str

    def manifests(self, time: str, meaning: str) -> Manifestation:
        """What his signature says of itself."""
        return Manifestation(self.name, self.role, time, meaning)

    @property
    def keyid(self) -> str:
        """Id of his key."""
        return self.public.keyid

    def decide(self, document: dict[str, Any]) -> bytes:
        """Sign a statement into a Sigstore bundle that names his key; the file's bytes."""
        return sign_bundle(document, self.signer, self.public)


@dataclass(frozen=True)
class OpenedSigner:
    """A signer whose key is known, but not yet whose it is. Opening one may ask for a passphrase."""

    uri: str
    signer: Signer
    public: PublicKey


def open_key(uri: str) -> OpenedSigner:
    """The signer that a URI names.

    Raises:
        ToolError: As `open_signer`.
    """
    signer = open_signer(uri)
    return OpenedSigner(uri, signer, public_key(str(signer.public_key.keyval["public"]).encode(), uri))


def find_signatory(
    opened: OpenedSigner, root: TrustRoot, roles: tuple[str, ...], revoked: frozenset[str] = frozenset()
) -> Signatory:
    """The person whose key a signer has.

    Args:
        opened: The signer.
        root: The trust root in force.
        roles: In which of them he may sign what is to be signed.
        revoked: Fingerprints of keys that were revoked.

    Raises:
        ToolError: The key is not listed, retired or revoked, or has another role.
    """
    holder, role = require_listed(opened.uri, opened.public, root, roles, revoked)
    return Signatory(holder.name, role, opened.public, opened.signer, opened.uri)


def require_listed(
    uri: str, key: Credential, root: TrustRoot, roles: tuple[str, ...], revoked: frozenset[str]
) -> tuple[Holder, str]:
    """The holder of a key or identity, and the role by which he may sign. Arguments as of `find_signatory`.

    Raises:
        ToolError: It is not listed, retired or revoked, or has another role.
    """
    kind, holder, role = kind_of(key), root.holders.get(key.keyid), root.role_of(key.keyid)
    if holder is None or not role:
        what = f"the {kind} of {uri} is not listed by the trust root: sha256:{key.fingerprint}"
        raise ToolError(what, "name another by --signer, or have it enrolled: pedigree keys enroll")
    if holder.retired:
        what = f"the {kind} of {uri} is one of '{holder.name}' that was retired at {holder.retired}"
        raise ToolError(what, f"sign with the {kind} that replaced it")
    if key.fingerprint in revoked:
        raise ToolError(f"the {kind} of {uri} is one of '{holder.name}' that was revoked", f"sign with another {kind}")
    if role not in roles:
        what = f"the {kind} of {uri} is that of '{holder.name}' in the role {role}; this takes {' or '.join(roles)}"
        raise ToolError(what, "sign by one of that role")
    return holder, role
