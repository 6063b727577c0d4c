"""Signers by URI, dispatched by securesystemslib: `file:`, `gcpkms:`, `awskms:`, `hsm:` and what else it knows.

A key in a file signs with RFC 6979 nonces, so that the same bytes give the same signature. A key in a service or
in hardware may not; its releases verify just as well, but are not byte-reproducible.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from securesystemslib.signer import (  # type: ignore[attr-defined]
    SIGNER_FOR_URI_SCHEME,
    AWSSigner,
    CryptoSigner,
    GCPSigner,
    HSMSigner,
    Key,
    SecretsHandler,
    Signature,
    Signer,
    SSlibKey,
)

from pedigree.step.errors import ToolError
from pedigree.trust.public import SCHEME, PublicKey, from_crypto, public_key

SIGNER_VARIABLE = "PEDIGREE_SIGNER"
_OTHERS_MAY_READ = stat.S_IRWXG | stat.S_IRWXO


class FileSigner(CryptoSigner):
    """ECDSA on P-256 with a private key in a PEM file, URI `file:/absolute/path.pem`."""

    SCHEME = "file"

    def sign(self, payload: bytes) -> Signature:
        """Sign with a nonce derived from key and message (RFC 6979)."""
        assert isinstance(self._private_key, ec.EllipticCurvePrivateKey)
        algorithm = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
        return Signature(self.public_key.keyid, self._private_key.sign(payload, algorithm).hex())

    @classmethod
    def from_priv_key_uri(
        cls, priv_key_uri: str, public_key: Key, secrets_handler: SecretsHandler | None = None
    ) -> FileSigner:
        """Load the key; securesystemslib calls this for the scheme `file`."""
        if not isinstance(public_key, SSlibKey):
            raise ValueError(f"expected an SSlibKey for {priv_key_uri}")
        return cls(read_private_key(_file_of(priv_key_uri)), public_key)


SIGNER_FOR_URI_SCHEME[FileSigner.SCHEME] = FileSigner


def load_signer(uri: str, public: PublicKey) -> Signer:
    """The signer that a URI names.

    Raises:
        ToolError: There is no such signer, or its key is not `public`.
    """
    key = SSlibKey.from_crypto(serialization.load_pem_public_key(public.pem.encode()), scheme=SCHEME)
    if uri.startswith(f"{FileSigner.SCHEME}:") and signer_public_key(uri) != public:
        raise ToolError(f"the key of {uri} is not the signer's public key", "use the two keys of one pair")
    try:
        return Signer.from_priv_key_uri(uri, key)
    except ToolError:
        raise
    except Exception as error:  # each service raises its own kinds
        raise ToolError(f"cannot use the signer {uri}: {error}", f"mend {SIGNER_VARIABLE}") from error


def signer_public_key(uri: str) -> PublicKey:
    """The public key of the signer that a URI names.

    Raises:
        ToolError: The key cannot be read, or the scheme cannot be asked for its public key.
    """
    scheme, _, name = uri.partition(":")
    if scheme == FileSigner.SCHEME:
        return from_crypto(read_private_key(_file_of(uri)).public_key(), uri)
    if scheme not in _ASK:
        known = ", ".join(sorted([FileSigner.SCHEME, *_ASK]))
        raise ToolError(f"{SIGNER_VARIABLE} names the unknown scheme '{scheme}:'", f"use one of: {known}")
    try:
        key = _ASK[scheme](name)
    except Exception as error:  # each service raises its own kinds
        what = f"cannot ask the signer {uri} for its public key: {error}"
        raise ToolError(what, f"mend {SIGNER_VARIABLE}") from error
    return public_key(str(key.keyval["public"]).encode(), uri)


_ASK: dict[str, Callable[[str], SSlibKey]] = {
    GCPSigner.SCHEME: lambda name: GCPSigner.import_(name)[1],
    AWSSigner.SCHEME: lambda name: AWSSigner.import_(name, SCHEME)[1],
    HSMSigner.SCHEME: lambda name: HSMSigner.import_(int(name.partition("?")[0]) if name[:1].isdigit() else None)[1],
}


def read_private_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """Read a private key that nobody else may read.

    Raises:
        ToolError: The file is missing, unreadable, open to others, or holds no ECDSA key on P-256.
    """
    try:
        if os.stat(path).st_mode & _OTHERS_MAY_READ:
            raise ToolError(f"the private key {path} is open to other users", f"chmod 600 {path}")
        pem = path.read_bytes()
    except OSError as error:
        hint = f"make one with `python -m pedigree.trust.keys init`, or name another in {SIGNER_VARIABLE}"
        raise ToolError(f"cannot read the private key {path}: {error.strerror}", hint) from error
    hint = "use an unencrypted ECDSA key on P-256 in PEM, or a key in a service or in hardware"
    try:
        key = serialization.load_pem_private_key(pem, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ToolError(f"{path} is not an unencrypted private key in PEM", hint) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ToolError(f"the private key {path} is not an ECDSA key on P-256", hint)
    return key


def _file_of(uri: str) -> Path:
    path = uri.partition(":")[2]
    path = path[2:] if path.startswith("///") else path
    if not path.startswith("/") or path.startswith("//"):
        raise ToolError(f"{SIGNER_VARIABLE} names '{uri}', which has no absolute path", "write file:/absolute/path.pem")
    return Path(path)
