"""Signers by URI: `file:`, `hsm:`, `awskms:`, `gcpkms:`, `azurekms:`.

One table says who opens which; the backends are securesystemslib's. A key in a file signs reproducibly. One in a
service or in hardware may not; its releases verify just as well, but are not the same byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable

from securesystemslib.exceptions import UnsupportedLibraryError
from securesystemslib.signer import Key, SecretsHandler, Signature, Signer  # type: ignore[attr-defined]

from pedigree.step.errors import ToolError
from pedigree.trust import signers_cloud, signers_file, signers_hsm
from pedigree.trust.public import PublicKey, public_key
from pedigree.trust.signers_file import SIGNER_VARIABLE as SIGNER_VARIABLE

_OPEN: dict[str, Callable[[str], Signer]] = {
    signers_file.SCHEME: signers_file.open_file,
    signers_hsm.SCHEME: signers_hsm.open_hsm,
    **dict.fromkeys(signers_cloud.SCHEMES, signers_cloud.open_cloud),
}
# Schemes that securesystemslib knows, and why no release is signed by them.
_REFUSED = {
    "file2": "it would sign with nonces that differ from run to run: write file:",
    "gnupg": "OpenPGP signatures are read by none of the stock verifiers",
    "hv": "securesystemslib signs with Vault's Ed25519 keys alone, and a release is signed with ECDSA on P-256",
    "sigstore": "a layout names keys, and a keyless certificate lives for minutes: people approve and revoke by it",
    "tkey": "it signs with Ed25519, and a release is signed with ECDSA on P-256",
}
_CREDENTIALS = "look at the network, the credentials and their rights"
_LOOK_AT = {signers_hsm.SCHEME: "look at what the vendor's tool shows of tokens and keys"}
# Nothing that is signed elsewhere begins like this.
_TRIAL = b"pedigree: can this signer sign?\n"
_PACKAGES = (
    "sign with the `pedigree` that can: ./pants package src/python/pedigree/cli:signer; "
    "a build takes these packages by itself"
)


class NamedSigner(Signer):
    """A signer that says which one it is when it fails: its service, its token or its key file."""

    def __init__(self, uri: str, signer: Signer) -> None:
        self._uri = uri
        self._signer = signer

    @property
    def public_key(self) -> Key:
        """The public half."""
        return self._signer.public_key

    def sign(self, payload: bytes) -> Signature:
        """Sign.

        Raises:
            ToolError: The service, the token or the network would not.
        """
        try:
            return self._signer.sign(payload)
        except ToolError:
            raise
        except Exception as error:  # each service raises its own kinds
            raise _told(self._uri, error) from error

    @classmethod
    def from_priv_key_uri(
        cls, priv_key_uri: str, public_key: Key, secrets_handler: SecretsHandler | None = None
    ) -> NamedSigner:
        """Any signer that securesystemslib finds by this URI."""
        return cls(priv_key_uri, Signer.from_priv_key_uri(priv_key_uri, public_key, secrets_handler))


def open_signer(uri: str) -> Signer:
    """The signer that a URI names.

    Raises:
        ToolError: There is no such signer, or it cannot be used.
    """
    scheme = uri.partition(":")[0]
    if scheme in _REFUSED:
        raise ToolError(f"the signer '{uri}' cannot be used: {_REFUSED[scheme]}", f"use one of: {_known()}")
    if scheme not in _OPEN:
        raise ToolError(f"the signer '{uri}' is of the unknown scheme '{scheme}:'", f"use one of: {_known()}")
    try:
        return NamedSigner(uri, _OPEN[scheme](uri))
    except ToolError:
        raise
    except Exception as error:  # each service raises its own kinds
        raise _told(uri, error) from error


def load_signer(uri: str, public: PublicKey) -> Signer:
    """The signer that a URI names, if it is the one whose public key was announced.

    Raises:
        ToolError: There is no such signer, it cannot be used, or its key is not `public`.
    """
    signer = open_signer(uri)
    if _public(signer, uri) != public:
        raise ToolError(f"the key of {uri} is not the signer's public key", "use the two keys of one pair")
    return signer


def signer_public_key(uri: str) -> PublicKey:
    """The public key of the signer that a URI names.

    Raises:
        ToolError: As `open_signer`.
    """
    return _public(open_signer(uri), uri)


def proven_public_key(uri: str) -> PublicKey:
    """The public key of a signer that has just signed with it.

    Asked once before a build: a wrong PIN, tried by each of the many processes that sign, would lock a token; and
    rights that do not suffice are better found before hours of work than after them.

    Raises:
        ToolError: As `open_signer`; or it cannot sign, or signs with another key than the one it shows.
    """
    signer = open_signer(uri)
    public = _public(signer, uri)
    if not public.verifies(signer.sign(_TRIAL).signature, _TRIAL):
        raise ToolError(f"{uri} signs with another key than the one that it shows", "look at the key in its service")
    return public


def _public(signer: Signer, uri: str) -> PublicKey:
    return public_key(str(signer.public_key.keyval["public"]).encode(), uri)


def _known() -> str:
    return ", ".join(f"{scheme}:" for scheme in sorted(_OPEN))


def _told(uri: str, error: Exception) -> ToolError:
    """What a backend raised, in words."""
    if isinstance(error, UnsupportedLibraryError):
        return ToolError(f"cannot use the signer {uri}: {error}", _PACKAGES)
    said = "\n  ".join(line.strip() for line in str(error).splitlines() if line.strip())
    plain = (
        said or type(error).__name__,
        f"{_LOOK_AT.get(uri.partition(':')[0], _CREDENTIALS)}, or mend {SIGNER_VARIABLE}",
    )
    what, hint = signers_hsm.MEANINGS.get(type(error).__name__, plain)
    return ToolError(f"cannot use the signer {uri}: {what}", hint)
