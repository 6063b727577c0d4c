"""Envelopes as an attacker writes them, and a reader that does not mind."""

from __future__ import annotations

import json

from pedigree.step.canonical import canonical_json
from pedigree.trust import envelope
from pedigree.trust.envelope import encode_base64
from pedigree.trust.signed import Signed
from trust.office import Office


def envelope_of(payload: bytes, payload_type: str, *signatures: tuple[str, bytes]) -> bytes:
    """An envelope as an attacker writes it."""
    listed = [{"keyid": keyid, "sig": encode_base64(signature)} for keyid, signature in signatures]
    return canonical_json({"payload": encode_base64(payload), "payloadType": payload_type, "signatures": listed})


def signature(office: Office, name: str, data: bytes) -> bytes:
    return bytes.fromhex(office.signer(name).sign(data).signature)


def lenient(data: bytes, payload_type: str, origin: str) -> Signed:
    """A reader that does not mind duplicates; the last signature of a key stands for it."""
    written = json.loads(data)
    signatures = {entry["keyid"]: envelope.decode_base64(entry["sig"]).hex() for entry in written["signatures"]}
    return Signed(json.loads(envelope.decode_base64(written["payload"])), payload_type, signatures)
