"""DSSE envelopes, alone (links, layouts) and in Sigstore bundles (statements).

Writing is deterministic. Reading accepts the one way of writing alone: base64 has spare bits and readers that skip
stray characters, JSON has spare space, and an envelope that differs in those would verify although a byte changed.
"""

from __future__ import annotations

import binascii
import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pedigree.step.canonical import MalformedJson, canonical_json, parse_canonical
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.public import PublicKey
from pedigree.trust.reading import require_few_values

if TYPE_CHECKING:
    from securesystemslib.signer import Signer  # type: ignore[attr-defined]

PAYLOAD_TYPE = "application/vnd.in-toto+json"
BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"


def pae(payload: bytes, payload_type: str = PAYLOAD_TYPE) -> bytes:
    """The bytes that are signed: type and payload with their lengths (DSSE v1)."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def sign_envelope(document: dict[str, Any], signer: Signer) -> bytes:
    """Sign a document; the file's bytes."""
    return canonical_json(_envelope(document, signer))


def sign_bundle(document: dict[str, Any], signer: Signer, public: PublicKey) -> bytes:
    """Sign a document into a Sigstore bundle that names its key by fingerprint; the file's bytes."""
    return canonical_json(_bundle(public.fingerprint, _envelope(document, signer)))


def open_envelope(data: bytes, public: PublicKey, origin: str) -> dict[str, Any]:
    """The document in an envelope that `public` signed.

    Raises:
        MalformedEvidence: It is not written as `sign_envelope` writes.
        Refused: The signature is not this key's.
    """
    return open_payload(envelope_payload(data, public, origin), origin)


def envelope_payload(data: bytes, public: PublicKey, origin: str) -> bytes:
    """The bytes in an envelope that `public` signed; raises as `open_envelope` does."""
    envelope = _object(data, origin)
    payload = _payload(envelope, public, origin)
    _require_written(data, _envelope_bytes(envelope), origin)
    return payload


def open_bundle(data: bytes, public: PublicKey, origin: str) -> dict[str, Any]:
    """The document in a Sigstore bundle that `public` signed; raises as `open_envelope` does."""
    return open_payload(bundle_payload(data, public, origin), origin)


def bundle_payload(data: bytes, public: PublicKey, origin: str) -> bytes:
    """The bytes in a Sigstore bundle that `public` signed; raises as `open_envelope` does."""
    bundle = _object(data, origin)
    envelope = bundle.get("dsseEnvelope")
    expected = _bundle(public.fingerprint, envelope)
    if bundle.get("verificationMaterial") != expected["verificationMaterial"]:
        raise Refused(f"{origin} does not name this key: its hint is not sha256:{public.fingerprint}")
    if bundle != expected or not isinstance(envelope, dict):
        raise MalformedEvidence(f"{origin} is not a Sigstore bundle v0.3 over a DSSE envelope")
    payload = _payload(envelope, public, origin)
    before, after = _around_envelope(public.fingerprint)
    _require_written(data, before + _envelope_bytes(envelope) + after, origin)
    return payload


def open_payload(payload: bytes, origin: str) -> dict[str, Any]:
    """The document that a payload is; raises MalformedEvidence if it is not one canonical JSON object."""
    return canonical_document(payload, f"the payload of {origin}")


def bundle_hint(data: bytes, origin: str) -> str:
    """The fingerprint of the key that a bundle names as its signer's; nothing is believed yet.

    It is empty where the bundle carries a certificate instead: somebody signed by an identity.

    Raises:
        MalformedEvidence: It is no bundle that names a key or carries a certificate.
    """
    try:
        material = canonical_document(data, origin)["verificationMaterial"]
        by_certificate = "certificate" in material and "publicKey" not in material
        hint = "" if by_certificate else str(material["publicKey"]["hint"])
    except (KeyError, TypeError) as error:
        raise MalformedEvidence(f"{origin} is not a Sigstore bundle that names a key") from error
    if not hint and not by_certificate:
        raise MalformedEvidence(f"{origin} is not a Sigstore bundle that names a key: its hint is empty")
    return hint


def unverified_document(data: bytes, origin: str) -> dict[str, Any]:
    """The document in a Sigstore bundle, whoever signed it; nothing is believed yet.

    Raises:
        MalformedEvidence: There is none in it.
    """
    try:
        payload = decode_base64(canonical_document(data, origin)["dsseEnvelope"]["payload"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MalformedEvidence(f"{origin} is not a Sigstore bundle over a DSSE envelope") from error
    return open_payload(payload, origin)


def _envelope(document: dict[str, Any], signer: Signer) -> dict[str, Any]:
    payload = canonical_json(document)
    signature = signer.sign(pae(payload))
    # securesystemslib does not find a signature whose keyid is empty.
    signatures = [{"keyid": signature.keyid, "sig": encode_base64(bytes.fromhex(signature.signature))}]
    return {"payload": encode_base64(payload), "payloadType": PAYLOAD_TYPE, "signatures": signatures}


def _payload(envelope: dict[str, Any], public: PublicKey, origin: str) -> bytes:
    try:
        (signature,) = envelope["signatures"]
        payload, signed = decode_base64(envelope["payload"]), decode_base64(signature["sig"])
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedEvidence(f"{origin} is not a DSSE envelope with one signature in plain base64") from error
    _require_fields(envelope, signature, origin)
    require_type(envelope, PAYLOAD_TYPE, origin)
    if signature["keyid"] != public.keyid or not public.verifies(signed.hex(), pae(payload)):
        raise Refused(f"{origin} is not signed by this key")
    return payload


def _require_fields(envelope: dict[str, Any], signature: dict[str, Any], origin: str) -> None:
    if set(envelope) != {"payload", "payloadType", "signatures"} or set(signature) != {"keyid", "sig"}:
        raise MalformedEvidence(f"{origin} has fields that a DSSE envelope does not have")


def require_type(envelope: dict[str, Any], payload_type: str, origin: str) -> None:
    """Refuse an envelope of another kind of document than is expected, with a MalformedEvidence."""
    if envelope["payloadType"] != payload_type:
        raise MalformedEvidence(f"{origin} holds a {envelope['payloadType']!r}, not {payload_type}")


def _envelope_bytes(envelope: dict[str, Any]) -> bytes:
    """What `canonical_json` writes for an envelope that `_payload` accepts: no text in it needs an escape."""
    (signature,) = envelope["signatures"]
    texts = envelope["payload"], PAYLOAD_TYPE, signature["keyid"], signature["sig"]
    return b'{"payload":"%b","payloadType":"%b","signatures":[{"keyid":"%b","sig":"%b"}]}' % tuple(
        map(str.encode, texts)
    )


def _bundle(fingerprint: str, envelope: object) -> dict[str, Any]:
    material = {"publicKey": {"hint": fingerprint}, "tlogEntries": []}
    return {"mediaType": BUNDLE_TYPE, "verificationMaterial": material, "dsseEnvelope": envelope}


@lru_cache(maxsize=1)
def _around_envelope(fingerprint: str) -> tuple[bytes, bytes]:
    """What `canonical_json` writes before and after the envelope of a bundle."""
    before, _, after = canonical_json(_bundle(fingerprint, None)).partition(b"null")
    return before, after


def _require_written(data: bytes, written: bytes, origin: str) -> None:
    if data != written:
        canonical_document(data, origin)
        raise MalformedEvidence(f"{origin} is not canonical JSON")


def _object(data: bytes, origin: str) -> dict[str, Any]:
    """A JSON object whose bytes are compared later."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise MalformedEvidence(f"{origin} is not valid JSON: {error}") from error
    return _require_object(document, origin)


def canonical_document(data: bytes, origin: str) -> dict[str, Any]:
    """The JSON object that `data` is, written in the one way.

    Raises:
        MalformedEvidence: It is none, or is written in another way.
    """
    try:
        require_few_values(data, origin)
        return _require_object(parse_canonical(data, origin), origin)
    except (MalformedJson, Refused) as error:
        raise MalformedEvidence(str(error)) from error


def _require_object(document: object, origin: str) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise MalformedEvidence(f"{origin} is not one JSON object")
    return document


def encode_base64(data: bytes) -> str:
    """Base64 with the standard alphabet and padding."""
    return binascii.b2a_base64(data, newline=False).decode()


def decode_base64(text: str) -> bytes:
    """The bytes that `encode_base64` wrote.

    Raises:
        ValueError: It would not have written this.
    """
    data = binascii.a2b_base64(text)
    if encode_base64(data) != text:
        raise ValueError("base64 with spare bits set, or with more than base64 in it")
    return data
