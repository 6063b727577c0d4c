"""Who signs: the person that a trust root lists for the key of a signer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pedigree.step.errors import ToolError
from pedigree.trust.decisions import Manifestation
from pedigree.trust.public import PublicKey, public_key
from pedigree.trust.root import TrustRoot
from pedigree.trust.signers import open_signer

if TYPE_CHECKING:
    from securesystemslib.signer import Signer  # type: ignore[attr-defined]


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
    uri, public = opened.uri, opened.public
    holder, role = root.holders.get(public.keyid), root.role_of(public.keyid)
    if holder is None or not role:
        what = f"the key of {uri} is not listed by the trust root: sha256:{public.fingerprint}"
        raise ToolError(what, "name another by --signer, or have it enrolled: pedigree keys enroll")
    if holder.retired:
        what = f"the key of {uri} is one of '{holder.name}' that was retired at {holder.retired}"
        raise ToolError(what, "sign with the key that replaced it")
    if public.fingerprint in revoked:
        raise ToolError(f"the key of {uri} is one of '{holder.name}' that was revoked", "sign with another key")
    if role not in roles:
        what = f"the key of {uri} is that of '{holder.name}' in the role {role}; this takes {' or '.join(roles)}"
        raise ToolError(what, "sign with a key of that role")
    return Signatory(holder.name, role, public, opened.signer, uri)
