"""Our public keys as securesystemslib has them, for its signers. Verifying does without it."""

from __future__ import annotations

from cryptography.hazmat.primitives.serialization import load_pem_public_key
from securesystemslib.signer import SSlibKey  # type: ignore[attr-defined]

from pedigree.trust.public import SCHEME, PublicKey


def sslib_key(public: PublicKey) -> SSlibKey:
    """The key, with the identifier that follows from its PEM."""
    return SSlibKey.from_crypto(load_pem_public_key(public.pem.encode()), scheme=SCHEME)
