"""The publisher's own signature over a model, by OpenSSF Model Signing (OMS) v1.0 with a key, verified offline.

What is verified: a Sigstore bundle v0.3 over an in-toto statement whose signer is an elliptic-curve key that was handed
over by another way; files hashed one by one with SHA-256, as `model_signing sign key` writes by default. Signatures by
certificate or by a Sigstore identity are refused: they need a chain or a log to be held against.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pedigree.step.canonical import MalformedJson, parse_json
from pedigree.step.digests import sha256_bytes
from pedigree.trust.envelope import BUNDLE_TYPE, PAYLOAD_TYPE, decode_base64, pae
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.statement import MODEL_SIGNATURE, STATEMENT, is_sha256

# Each curve with the hash that OMS pairs it with.
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "secp256r1": hashes.SHA256(),
    "secp384r1": hashes.SHA384(),
    "secp521r1": hashes.SHA512(),
}


@dataclass(frozen=True)
class PublisherSignature:
    """What a publisher signed, held against what was delivered.

    Attributes:
        signed: Files that he signed and that are here, the same.
        unsigned: Files that are here and that he did not sign.
        absent: Files that he signed and that are not here.
    """

    signed: tuple[str, ...]
    unsigned: tuple[str, ...]
    absent: tuple[str, ...]


def verify_publisher(
    bundle: bytes, key: bytes, files: Mapping[str, str], ours: Collection[str], origin: str
) -> PublisherSignature:
    """Hold the files of a model against its publisher's signature.

    Args:
        bundle: The signature, usually `model.sig`.
        key: The publisher's public key, PEM.
        files: Path in the model's directory -> sha256.
        ours: Those of them that he need not have signed, because they were added here.
        origin: What to call the signature in an error.

    Raises:
        MalformedEvidence: It is no such signature.
        Refused: It is not by this key, or of a kind that is not verified here; or a file differs or is not signed.
    """
    document = _json(bundle, origin)
    try:
        payload = _verified(document, key, origin)
        resources = _resources(_json(payload, f"the payload of {origin}"), origin)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, (Refused, MalformedEvidence)):
            raise
        raise MalformedEvidence(f"{origin} is not an OpenSSF Model Signing bundle: {error}") from error
    for name in sorted(files):
        if name in resources and resources[name] != files[name]:
            raise Refused(f"{name} is not the file that {origin} signs: its sha256 is {files[name]}")
        if name not in resources and name not in ours:
            raise Refused(f"{name} is not among the files that {origin} signs")
    signed, here = resources.keys(), files.keys()
    return PublisherSignature(*(tuple(sorted(names)) for names in (here & signed, here - signed, signed - here)))


def _verified(document: Mapping[str, Any], pem: bytes, origin: str) -> bytes:
    """The payload, once its signature holds."""
    if document.get("mediaType") != BUNDLE_TYPE:
        raise MalformedEvidence(f"{origin} is not a Sigstore bundle v0.3")
    material, envelope = document["verificationMaterial"], document["dsseEnvelope"]
    if "publicKey" not in material:
        kinds = "by a certificate or a Sigstore identity"
        raise Refused(f"{origin} is signed {kinds}; only signatures by a key are verified here")
    key = _publisher_key(pem)
    if material["publicKey"].get("hint") not in (None, "", _hint(key)):
        raise Refused(f"{origin} is signed by another key than the publisher's: its hint is not sha256:{_hint(key)}")
    (signature,) = envelope["signatures"]
    if envelope["payloadType"] != PAYLOAD_TYPE:
        raise MalformedEvidence(f"{origin} holds a {envelope['payloadType']!r}, not {PAYLOAD_TYPE}")
    payload = decode_base64(envelope["payload"])
    try:
        key.verify(decode_base64(signature["sig"]), pae(payload), ec.ECDSA(_HASHES[key.curve.name]))
    except InvalidSignature as error:
        raise Refused(f"{origin} is not signed by the publisher's key") from error
    return payload


def _resources(statement: Mapping[str, Any], origin: str) -> dict[str, str]:
    """Path -> sha256 of what is signed."""
    if statement["_type"] != STATEMENT or statement["predicateType"] != MODEL_SIGNATURE:
        raise Refused(f"{origin} holds a {statement['predicateType']!r}, not {MODEL_SIGNATURE}")
    predicate, (subject,) = statement["predicate"], statement["subject"]
    kind = predicate["serialization"]
    if (kind["method"], kind["hash_type"]) != ("files", "sha256"):
        how = f"method {kind['method']!r} with {kind['hash_type']!r}"
        raise Refused(f"{origin} is made by {how}; verified here are whole files with SHA-256")
    listed = predicate["resources"]
    resources = {entry["name"]: entry["digest"] for entry in listed}
    if len(resources) != len(listed) or not all(is_sha256(digest) for digest in resources.values()):
        raise MalformedEvidence(f"{origin} names a file twice, or by no SHA-256")
    if not all(entry["algorithm"] == "sha256" for entry in listed):
        raise MalformedEvidence(f"{origin} names a file by another digest than SHA-256")
    root = hashlib.sha256(b"".join(bytes.fromhex(entry["digest"]) for entry in listed)).hexdigest()
    if subject["digest"] != {"sha256": root}:
        raise Refused(f"{origin} is about another model than the files that it lists")
    return resources


def _publisher_key(pem: bytes) -> ec.EllipticCurvePublicKey:
    try:
        key = serialization.load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise MalformedEvidence("the publisher's key is not a public key in PEM") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name not in _HASHES:
        raise Refused(f"the publisher's key is not one of {', '.join(_HASHES)}, which OMS signs with")
    return key


def _hint(key: ec.EllipticCurvePublicKey) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return sha256_bytes(key.public_bytes(serialization.Encoding.PEM, form))


def _json(data: bytes, origin: str) -> dict[str, Any]:
    try:
        document = parse_json(data, origin)
    except (MalformedJson, UnicodeDecodeError) as error:
        raise MalformedEvidence(f"{origin} is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise MalformedEvidence(f"{origin} is not a JSON object")
    return document
