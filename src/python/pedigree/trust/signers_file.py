"""`file:/absolute/path.pem`: a private key in a file, under a passphrase or not.

It signs with RFC 6979 nonces, so that the same bytes give the same signature.
"""

from __future__ import annotations

from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from securesystemslib.signer import CryptoSigner, Signature, Signer  # type: ignore[attr-defined]

from pedigree.step.errors import ToolError
from pedigree.trust.passphrase import PASSPHRASE_VARIABLE, ask_passphrase
from pedigree.trust.private_files import read_private
from pedigree.trust.public import from_crypto
from pedigree.trust.sslib import sslib_key

SCHEME = "file"
SIGNER_VARIABLE = "PEDIGREE_SIGNER"
_HINT = "use an ECDSA key on P-256 in PEM, or a key in a service or in hardware"


class FileSigner(CryptoSigner):
    """ECDSA on P-256 with a private key in a PEM file."""

    def sign(self, payload: bytes) -> Signature:
        """Sign with a nonce derived from key and message (RFC 6979)."""
        assert isinstance(self._private_key, ec.EllipticCurvePrivateKey)
        algorithm = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
        return Signature(self.public_key.keyid, self._private_key.sign(payload, algorithm).hex())


def open_file(uri: str) -> Signer:
    """The signer whose key lies in the file that a URI names.

    Raises:
        ToolError: The URI has no absolute path, or the key cannot be read.
    """
    key = read_private_key(_file_of(uri))
    return FileSigner(key, sslib_key(from_crypto(key.public_key(), uri)))


def read_private_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """Read a private key that nobody else may read.

    Args:
        path: The file, PEM. Where it is encrypted, its passphrase is asked for.

    Raises:
        ToolError: The file is missing, unreadable, open to others, or holds no ECDSA key on P-256; or the passphrase
            is not to be had, or wrong.
    """
    hint = f"make one with `pedigree keys new`, or name another by --signer or {SIGNER_VARIABLE}"
    key = _load(read_private(path, "the private key", hint), path)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ToolError(f"the private key {path} is not an ECDSA key on P-256", _HINT)
    return key


def _load(pem: bytes, path: Path) -> object:
    try:
        return serialization.load_pem_private_key(pem, None)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ToolError(f"{path} is not a private key in PEM", _HINT) from error
    except TypeError:  # it is encrypted
        return _decrypt(pem, path, ask_passphrase(f"the passphrase of {path}"))


def _decrypt(pem: bytes, path: Path, passphrase: str) -> object:
    try:
        return serialization.load_pem_private_key(pem, passphrase.encode())
    except (ValueError, TypeError) as error:
        hint = f"name the file that holds the right one in {PASSPHRASE_VARIABLE}, or type it again"
        raise ToolError(f"the passphrase does not open the private key {path}", hint) from error
    except UnsupportedAlgorithm as error:
        what = f"the private key {path} is encrypted in a way that is not known here: {error}"
        raise ToolError(what, "encrypt it by `openssl pkcs8 -topk8 -scrypt`") from error


def _file_of(uri: str) -> Path:
    path = uri.partition(":")[2]
    path = path[2:] if path.startswith("///") else path
    if not path.startswith("/") or path.startswith("//"):
        raise ToolError(f"the signer '{uri}' has no absolute path", "write file:/absolute/path.pem")
    return Path(path)
