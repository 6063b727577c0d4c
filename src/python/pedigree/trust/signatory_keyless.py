"""Who decides without a key: the person that a trust root lists for an identity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pedigree.step.errors import ToolError
from pedigree.trust.decided import OTHERS
from pedigree.trust.decisions import Manifestation
from pedigree.trust.identity import Identity, person_of
from pedigree.trust.places import instance_path
from pedigree.trust.root import TrustRoot
from pedigree.trust.signatory import require_listed


@dataclass(frozen=True)
class IdentifiedSignatory:
    """Somebody who logs in to sign.

    Attributes:
        name: Printed name, as the trust root has it.
        role: His role.
        identity: What the trust root lists for him.
        uri: How he named himself.
    """

    name: str
    role: str
    identity: Identity
    uri: str

    @property
    def keyid(self) -> str:
        """Under what the trust root lists him."""
        return self.identity.keyid

    def manifests(self, time: str, meaning: str) -> Manifestation:
        """What his signature says of itself, and by which of his identities it is."""
        return Manifestation(self.name, self.role, time, meaning, self.identity.fingerprint)

    def decide(self, document: dict[str, Any]) -> bytes:
        """Sign a statement into a Sigstore bundle; the file's bytes. He may be asked to log in.

        Raises:
            ToolError: The instance would not, it was somebody else who logged in, or there is no client of Sigstore's.
        """
        try:
            # Sigstore's client takes a second to import, and nobody else needs it.
            from pedigree.trust.keyless import sign_keyless
        except ModuleNotFoundError as error:
            what = f"this `pedigree` cannot sign by an identity, because it lacks {error.name}"
            raise ToolError(what, OTHERS) from error
        signed: bytes = sign_keyless(document, person_of(self.uri))
        return signed


def find_identified(
    uri: str,
    config: bytes,
    root: TrustRoot,
    roles: tuple[str, ...],
    revoked: frozenset[str],
    files: Mapping[str, bytes],
) -> IdentifiedSignatory:
    """The person whom a URI names.

    Args:
        uri: As `person_of` takes it.
        config: What lies in the file that it names.
        root: The trust root in force.
        roles: In which of them he may sign what is to be signed.
        revoked: Fingerprints of keys and identities that were revoked.
        files: Attestations, of which the trust config of his instance is needed.

    Raises:
        ToolError: He is not listed by just this identity, issuer and instance, is retired or revoked, or has another
            role; or the trust config of the instance is not filed.
    """
    identity = person_of(uri).listed_as(config)
    holder, role = require_listed(uri, identity, root, roles, revoked)
    if instance_path(identity.instance) not in files:
        what = f"attestations/{instance_path(identity.instance)}, the trust config of the instance, is missing"
        raise ToolError(what, "bring it back; `pedigree keys enroll` filed it")
    return IdentifiedSignatory(holder.name, role, identity, uri)
