"""`awskms:`, `gcpkms:`, `azurekms:`: keys in the key management services of clouds, by securesystemslib's backends.

The digest goes to the service and the signature comes back; the key never leaves it. Credentials are what each
service's own library finds in the environment. The services draw a nonce of their own for each signature.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from securesystemslib.exceptions import UnsupportedAlgorithmError
from securesystemslib.signer import (  # type: ignore[attr-defined]
    AWSSigner,
    AzureSigner,
    GCPSigner,
    Signer,
    SSlibKey,
)
from securesystemslib.signer._azure_signer import UnsupportedKeyType

from pedigree.step.errors import ToolError
from pedigree.trust.public import SCHEME, public_key
from pedigree.trust.sslib import sslib_key

_Imported = tuple[str, SSlibKey]
_AZURE_KEY = re.compile(r"//([A-Za-z0-9-]+)\.vault\.azure\.net/keys/([A-Za-z0-9-]+)/[0-9A-Za-z]+")


def open_cloud(uri: str) -> Signer:
    """The signer whose key lies in the service that a URI names.

    Raises:
        ToolError: The URI is malformed, or the key is of a kind that releases are not signed with.
        Exception: What the service's library says of credentials, network and rights.
    """
    scheme, _, name = uri.partition(":")
    if not name:
        raise ToolError(f"'{uri}' names no key", f"write {EXAMPLES[scheme]}")
    try:
        found, key = _IMPORT[scheme](name)
    except (UnsupportedAlgorithmError, UnsupportedKeyType) as error:
        raise _of_another_kind(uri) from error
    if key.scheme != SCHEME:
        raise _of_another_kind(uri)
    if found != uri:
        raise ToolError(f"the service's current version of that key is {found}, not {uri}", "name the current one")
    # Each service writes the same key's PEM in its own way; the key's identifier follows from ours.
    return Signer.from_priv_key_uri(uri, sslib_key(public_key(str(key.keyval["public"]).encode(), uri)))


def _import_azure(name: str) -> _Imported:
    match = _AZURE_KEY.fullmatch(name)
    if match is None:
        what = f"'azurekms:{name}' names no key of a vault under vault.azure.net with its version"
        raise ToolError(what, f"write {EXAMPLES['azurekms']}; securesystemslib asks no other cloud")
    return AzureSigner.import_(*match.groups())


_IMPORT: dict[str, Callable[[str], _Imported]] = {
    AWSSigner.SCHEME: lambda name: AWSSigner.import_(name, SCHEME),
    GCPSigner.SCHEME: GCPSigner.import_,
    AzureSigner.SCHEME: _import_azure,
}
SCHEMES = tuple(_IMPORT)
EXAMPLES = {
    AWSSigner.SCHEME: "awskms:KEY, KEY an id, an alias or an ARN",
    GCPSigner.SCHEME: "gcpkms:projects/P/locations/L/keyRings/R/cryptoKeys/K/cryptoKeyVersions/V",
    AzureSigner.SCHEME: "azurekms://VAULT.vault.azure.net/keys/KEY/VERSION",
}


def _of_another_kind(uri: str) -> ToolError:
    hint = "make one: ECC_NIST_P256 (AWS), EC_SIGN_P256_SHA256 (Google), EC on P-256 (Azure)"
    return ToolError(f"the key of {uri} is not one for ECDSA on P-256 with SHA-256", hint)
