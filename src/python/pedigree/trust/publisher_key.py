"""A publisher who is known by a public key, handed over by another way than the model."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pedigree.step.digests import sha256_bytes
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.published import KEY, PublishedBy
from pedigree.trust.publisher_bundle import CURVES, ModelBundle


@dataclass(frozen=True)
class KeyHolder:
    """Whoever holds the private half of a key.

    Attributes:
        anchors: The public key, PEM.
    """

    anchors: bytes

    def open(self, bundle: ModelBundle) -> tuple[bytes, PublishedBy]:
        """What this key signed.

        Raises:
            MalformedEvidence: The key is none, or the bundle is none.
            Refused: It is signed by another key, or by something else than a key.
        """
        key = _public_key(self.anchors)
        if "publicKey" not in bundle.material:
            raise Refused(f"{bundle.origin} is not signed by a key, but by {bundle.signed_how}")
        named = bundle.material["publicKey"]
        hint = named.get("hint") if isinstance(named, dict) else named
        fingerprint = _fingerprint(key)
        if hint not in (None, "", fingerprint):
            what = f"its hint is not sha256:{fingerprint}"
            raise Refused(f"{bundle.origin} is signed by another key than the publisher's: {what}")
        payload = bundle.payload_signed_by(key, "the publisher's key")
        return payload, PublishedBy(KEY, f"sha256:{fingerprint}", "", sha256_bytes(self.anchors), "")


def _public_key(pem: bytes) -> ec.EllipticCurvePublicKey:
    try:
        key = serialization.load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise MalformedEvidence("the publisher's key is not a public key in PEM") from error
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise Refused(f"the publisher's key is not one of {', '.join(CURVES)}, which OMS signs with")
    return key


def _fingerprint(key: ec.EllipticCurvePublicKey) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return sha256_bytes(key.public_bytes(serialization.Encoding.PEM, form))
