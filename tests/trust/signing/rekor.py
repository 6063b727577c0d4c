"""A transparency log, as Rekor is, behind both of its interfaces."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from dataclasses import dataclass, field
from typing import Any

import rfc8785
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from trust.signing.certificates import SHA256, b64, key_digest, new_key, public_key_of
from trust.signing.merkle import inclusion_proof, root_hash


@dataclass
class Rekor:
    """The log.

    Attributes:
        late: How many seconds its first interface is ahead.
        key: What it signs its head with.
        entries: What it holds; it is not empty at first, so that proofs are not either.
    """

    late: int = 0
    key: ec.EllipticCurvePrivateKey = field(default_factory=new_key)
    entries: list[bytes] = field(default_factory=lambda: [b"%d" % number for number in range(5)])

    def log_digest(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Version 2: log a digest, its signature and who made it."""
        signature = asked["signature"]
        leaf = x509.load_der_x509_certificate(base64.b64decode(signature["verifier"]["x509Certificate"]["rawBytes"]))
        digest = base64.b64decode(asked["digest"])
        prehashed = ec.ECDSA(Prehashed(hashes.SHA256()))
        public_key_of(leaf).verify(base64.b64decode(signature["content"]), digest, prehashed)
        data = {"algorithm": "SHA2_256", "digest": asked["digest"]}
        return self._log("hashedrekord", "0.0.2", {"hashedRekordV002": {"data": data, "signature": signature}})

    def log_envelope(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Version 1: log an envelope, with a promise that says when."""
        envelope, verifier = json.loads(asked["envelope"]), asked["verifiers"][0]
        payload, (signature,) = base64.b64decode(envelope["payload"]), envelope["signatures"]
        kind = envelope["payloadType"]
        signed = b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(payload), payload)
        leaf = x509.load_pem_x509_certificate(base64.b64decode(verifier))
        public_key_of(leaf).verify(base64.b64decode(signature["sig"]), signed, SHA256)
        spec = {
            "envelopeHash": {"algorithm": "sha256", "value": hashlib.sha256(asked["envelope"].encode()).hexdigest()},
            "payloadHash": {"algorithm": "sha256", "value": hashlib.sha256(payload).hexdigest()},
            "signatures": [{"signature": signature["sig"], "verifier": verifier}],
        }
        return {"00": self._in_version_1(self._log("dsse", "0.0.1", spec))}

    def _log(self, kind: str, version: str, spec: dict[str, Any]) -> dict[str, Any]:
        body = rfc8785.dumps({"apiVersion": version, "kind": kind, "spec": spec})
        self.entries.append(body)
        index, size = len(self.entries) - 1, len(self.entries)
        proof = {
            "logIndex": str(index),
            "treeSize": str(size),
            "rootHash": b64(root_hash(self.entries)),
            "hashes": [b64(one) for one in inclusion_proof(index, self.entries)],
            "checkpoint": {"envelope": self._checkpoint()},
        }
        place = {"logIndex": str(index), "logId": {"keyId": b64(key_digest(self.key))}}
        described = {"kindVersion": {"kind": kind, "version": version}, "canonicalizedBody": b64(body)}
        return {**place, **described, "inclusionProof": proof}

    def _checkpoint(self) -> str:
        """The log's head as a signed note."""
        note = f"log.example.org\n{len(self.entries)}\n{b64(root_hash(self.entries))}\n"
        signature = self.key.sign(note.encode(), SHA256)
        return f"{note}\n— log.example.org {b64(key_digest(self.key)[:4] + signature)}\n"

    def _in_version_1(self, entry: dict[str, Any]) -> dict[str, Any]:
        proof = entry["inclusionProof"]
        said = {
            "body": entry["canonicalizedBody"],
            "integratedTime": int(time.time()) + self.late,
            "logID": key_digest(self.key).hex(),
            "logIndex": int(entry["logIndex"]),
        }
        told = {
            "logIndex": int(proof["logIndex"]),
            "treeSize": int(proof["treeSize"]),
            "rootHash": base64.b64decode(proof["rootHash"]).hex(),
            "hashes": [base64.b64decode(one).hex() for one in proof["hashes"]],
            "checkpoint": proof["checkpoint"]["envelope"],
        }
        promise = b64(self.key.sign(rfc8785.dumps(said), SHA256))
        return {**said, "verification": {"inclusionProof": told, "signedEntryTimestamp": promise}}
