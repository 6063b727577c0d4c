"""Documents that several people sign: trust roots, snapshots and the layouts of owners, in DSSE envelopes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pedigree.step.canonical import canonical_json
from pedigree.trust.envelope import canonical_document, decode_base64, encode_base64, pae, require_type
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.public import PublicKey

if TYPE_CHECKING:
    from securesystemslib.signer import Signer  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Signed:
    """A document with signatures, none of which is believed yet.

    Attributes:
        document: What is signed.
        payload_type: What kind of document it is; a signature over one kind is none over another.
        signatures: Key id -> signature, DER in hex.
    """

    document: dict[str, Any]
    payload_type: str
    signatures: Mapping[str, str]

    def to_bytes(self) -> bytes:
        """The envelope as a file, signatures in the order of their key ids."""
        envelope = {
            "payload": encode_base64(canonical_json(self.document)),
            "payloadType": self.payload_type,
            "signatures": [
                {"keyid": keyid, "sig": encode_base64(bytes.fromhex(self.signatures[keyid]))}
                for keyid in sorted(self.signatures)
            ],
        }
        return canonical_json(envelope)

    def signers(self, keys: Mapping[str, PublicKey]) -> frozenset[str]:
        """Ids of those keys, among the given ones, whose signature holds."""
        data = pae(canonical_json(self.document), self.payload_type)
        listed = self.signatures.keys() & keys.keys()
        return frozenset(keyid for keyid in listed if keys[keyid].verifies(self.signatures[keyid], data))

    def require(self, keys: Mapping[str, PublicKey], threshold: int, origin: str) -> frozenset[str]:
        """The signers among `keys`, if they are enough.

        Args:
            keys: Key id -> key, of those whose signature counts; two ids never name one key.
            threshold: How many must have signed.
            origin: What to call the document in an error.

        Raises:
            Refused: They are too few.
        """
        signers = self.signers(keys)
        if len(signers) < threshold:
            raise Refused(f"{origin} has {len(signers)} of the {threshold} signatures that it needs")
        return signers


def unsigned(document: dict[str, Any], payload_type: str) -> Signed:
    """A document that nobody has signed yet."""
    return Signed(document, payload_type, {})


def add_signature(signed: Signed, signer: Signer) -> Signed:
    """The same document with one more signature; a signer who signs again replaces what he signed before."""
    signature = signer.sign(pae(canonical_json(signed.document), signed.payload_type))
    return replace(signed, signatures={**signed.signatures, signature.keyid: signature.signature})


def parse_signed(data: bytes, payload_type: str, origin: str) -> Signed:
    """Read an envelope with any number of signatures. None of them is checked.

    Args:
        data: The file.
        payload_type: The kind of document that is expected.
        origin: What to call it in an error.

    Raises:
        MalformedEvidence: It is not written as `Signed.to_bytes` writes, or holds another kind of document.
    """
    envelope = canonical_document(data, origin)
    if set(envelope) != {"payload", "payloadType", "signatures"} or not isinstance(envelope["signatures"], list):
        raise MalformedEvidence(f"{origin} is not a DSSE envelope")
    require_type(envelope, payload_type, origin)
    try:
        payload = decode_base64(envelope["payload"])
        signatures = {entry["keyid"]: decode_base64(entry["sig"]).hex() for entry in envelope["signatures"]}
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedEvidence(f"{origin} is not a DSSE envelope in plain base64") from error
    signed = Signed(canonical_document(payload, f"the payload of {origin}"), payload_type, signatures)
    if len(signatures) != len(envelope["signatures"]):
        raise MalformedEvidence(f"{origin} has two signatures of one key")
    if not all(isinstance(keyid, str) for keyid in signatures) or signed.to_bytes() != data:
        raise MalformedEvidence(f"{origin} is not written as its signers write")
    return signed
