"""Public keys: ECDSA on P-256, the one kind that every stock verifier accepts and that signs reproducibly."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pedigree.step.canonical import canonical_json
from pedigree.step.digests import sha256_bytes
from pedigree.step.errors import ToolError
from pedigree.trust.reading import read_named

SCHEME = "ecdsa-sha2-nistp256"
LARGEST_KEY = 1 << 16
_ALGORITHM = ec.ECDSA(hashes.SHA256())


@dataclass(frozen=True)
class PublicKey:
    """A key that signatures are checked with.

    Attributes:
        pem: SubjectPublicKeyInfo as PEM, in the one form that `cryptography` writes.
        keyid: The identifier that in-toto computes from the key.
    """

    pem: str
    keyid: str

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the PEM file, what `sha256sum key.pub` prints; also the hint in a Sigstore bundle."""
        return sha256_bytes(self.pem.encode())

    def to_json(self) -> dict[str, Any]:
        """The key as an in-toto layout lists it."""
        return {**_described(self.pem), "keyid": self.keyid}

    def verifies(self, signature: str, data: bytes) -> bool:
        """Whether `signature`, a DER signature in hex, is this key's over `data`."""
        try:
            self._crypto.verify(bytes.fromhex(signature), data, _ALGORITHM)
        except (InvalidSignature, ValueError):
            return False
        return True

    @cached_property
    def _crypto(self) -> ec.EllipticCurvePublicKey:
        key: ec.EllipticCurvePublicKey = _load(self.pem.encode())
        return key


def public_key(pem: bytes, origin: str) -> PublicKey:
    """Read a public key from PEM.

    Args:
        pem: The file's content.
        origin: What to call it in an error.

    Raises:
        ToolError: It is no public key, or one of another kind.
    """
    try:
        key = _load(pem)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ToolError(f"{origin} is not a public key in PEM", "name the .pub file of the signer") from error
    return from_crypto(key, origin)


def read_public_key(path: Path) -> PublicKey:
    """Read a public key from a PEM file that the user named himself, by `read_named` and `public_key`.

    One in a release is read by `Delivered.read` or `read_plainly`, which follow no link.
    """
    return public_key(read_named(path, LARGEST_KEY, "name a .pub file that exists"), str(path))


def from_crypto(key: object, origin: str) -> PublicKey:
    """Wrap a key of the `cryptography` package.

    Raises:
        ToolError: It is not an ECDSA key on P-256.
    """
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ToolError(f"{origin} is not an ECDSA key on P-256", "make one by `pedigree keys new`")
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return PublicKey(pem.decode(), _keyid(pem.decode()))


def _described(pem: str) -> dict[str, Any]:
    return {"keytype": "ecdsa", "scheme": SCHEME, "keyval": {"public": pem}}


def _keyid(pem: str) -> str:
    """The identifier that securesystemslib computes: over canonical JSON of its own kind, which escapes no newline.

    It is written here, because securesystemslib imports the client of every service that happens to be installed.
    """
    return sha256_bytes(canonical_json(_described(pem)).replace(b"\\n", b"\n"))


def _load(pem: bytes) -> Any:
    return serialization.load_pem_public_key(pem)
