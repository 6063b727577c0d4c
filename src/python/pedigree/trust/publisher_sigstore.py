"""A publisher who signs without a key of his own: by an identity, in a Sigstore instance, his or the public one.

The certificate of minutes, the entry of the log and the time stamps are in the bundle; what they are held against is a
file, the client trust config or the trusted root of the instance. Nothing is asked over the network.
"""

from __future__ import annotations

import importlib.resources
from dataclasses import dataclass
from urllib.parse import quote

from sigstore.models import Bundle

from pedigree.step.digests import sha256_bytes
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.keyless import said, trusted_root, verified_payload
from pedigree.trust.published import SIGSTORE, PublishedBy
from pedigree.trust.publisher_bundle import ModelBundle

_PUBLIC = "https://tuf-repo-cdn.sigstore.dev"


@dataclass(frozen=True)
class SigstorePublisher:
    """Whoever an identity provider knows by a name.

    Attributes:
        anchors: The client trust config of an instance, or its trusted root alone: the content of the file.
        identity: What the certificate must name: a mail address or a URI.
        issuer: Which identity provider must have said so.
    """

    anchors: bytes
    identity: str
    issuer: str

    def open(self, bundle: ModelBundle) -> tuple[bytes, PublishedBy]:
        """What he signed.

        Raises:
            MalformedEvidence: It is no bundle of Sigstore's, or `anchors` are none.
            Refused: Certificate, log entry, time or signature do not hold, or are another's.
        """
        root = trusted_root(self.anchors, "the publisher's trust config")
        if "publicKey" in bundle.material:
            raise Refused(f"{bundle.origin} is not signed by a Sigstore identity, but by {bundle.signed_how}")
        if not bundle.material.get("tlogEntries"):
            raise Refused(f"{bundle.origin} has no entry of a transparency log: nothing tells when it was signed")
        try:
            found = Bundle.from_json(bundle.data)
        except Exception as error:  # its parsers of JSON and of certificates raise their own kinds
            raise MalformedEvidence(f"{bundle.origin} is not a Sigstore bundle: {said(error)}") from error
        payload = verified_payload(found, root, self.identity, self.issuer, bundle.origin)
        return payload, PublishedBy(SIGSTORE, self.identity, self.issuer, sha256_bytes(self.anchors), "")


def public_instance() -> bytes:
    """The trusted root of the public instance, as the release of `sigstore` that is installed brings it."""
    place = importlib.resources.files("sigstore").joinpath("_store", quote(_PUBLIC, safe=""), "trusted_root.json")
    return place.read_bytes()
