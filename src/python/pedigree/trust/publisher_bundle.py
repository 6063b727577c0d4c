"""The bundle of an OpenSSF Model Signing signature, read before anything in it is believed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from pedigree.step.canonical import MalformedJson, parse_json
from pedigree.trust.envelope import BUNDLE_TYPE, PAYLOAD_TYPE, decode_base64, pae
from pedigree.trust.errors import MalformedEvidence, Refused

# Each curve with the hash that OMS pairs it with.
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "secp256r1": hashes.SHA256(),
    "secp384r1": hashes.SHA384(),
    "secp521r1": hashes.SHA512(),
}
CURVES = tuple(_HASHES)
"""What OMS signs on."""


@dataclass(frozen=True)
class ModelBundle:
    """A Sigstore bundle over a DSSE envelope.

    Attributes:
        data: The file.
        document: Its JSON.
        origin: What to call it in an error.
    """

    data: bytes
    document: Mapping[str, Any]
    origin: str

    @property
    def material(self) -> Mapping[str, Any]:
        """What it brings for those who verify: the name of a key, certificates, entries of a log.

        Raises:
            MalformedEvidence: There is none.
        """
        found = self.document.get("verificationMaterial")
        if not isinstance(found, dict):
            raise MalformedEvidence(f"{self.origin} is not an OpenSSF Model Signing bundle: it has no material")
        return found

    @property
    def signed_how(self) -> str:
        """What it claims to be signed by, in words."""
        if "publicKey" in self.material:
            return "a key"
        return "a Sigstore identity" if self.material.get("tlogEntries") else "a certificate without a log"

    def payload_signed_by(self, key: object, whose: str) -> bytes:
        """The payload, once its signature is this key's.

        Args:
            key: A public key.
            whose: What to call it in an error.

        Raises:
            MalformedEvidence: It is no bundle v0.3 over an in-toto statement with one signature.
            Refused: It is not signed by the key, or the key is of a kind that OMS does not sign with.
        """
        if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name not in _HASHES:
            raise Refused(f"{whose} is not one of {', '.join(CURVES)}, which OMS signs with")
        if self.document.get("mediaType") != BUNDLE_TYPE:
            raise MalformedEvidence(f"{self.origin} is not a Sigstore bundle v0.3")
        try:
            envelope = self.document["dsseEnvelope"]
            (signature,) = envelope["signatures"]
            kind, payload, signed = envelope["payloadType"], envelope["payload"], signature["sig"]
            payload, signed = decode_base64(payload), decode_base64(signed)
        except (KeyError, TypeError, ValueError) as error:
            raise MalformedEvidence(f"{self.origin} is not an OpenSSF Model Signing bundle: {error}") from error
        if kind != PAYLOAD_TYPE:
            raise MalformedEvidence(f"{self.origin} holds a {kind!r}, not {PAYLOAD_TYPE}")
        try:
            key.verify(signed, pae(payload), ec.ECDSA(_HASHES[key.curve.name]))
        except InvalidSignature as error:
            raise Refused(f"{self.origin} is not signed by {whose}") from error
        return payload


def read_bundle(data: bytes, origin: str) -> ModelBundle:
    """Read a bundle.

    Raises:
        MalformedEvidence: It is not a JSON object.
    """
    return ModelBundle(data, json_object(data, origin), origin)


def json_object(data: bytes, origin: str) -> dict[str, Any]:
    """A JSON object that others wrote, in whatever way, with no key twice.

    Raises:
        MalformedEvidence: It is none.
    """
    try:
        document = parse_json(data, origin)
    except (MalformedJson, UnicodeDecodeError) as error:
        raise MalformedEvidence(f"{origin} is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise MalformedEvidence(f"{origin} is not a JSON object")
    return document
