"""Whose key seals a release, and what its signer needs. Imports nothing of Pants, and never reads a private key."""

from __future__ import annotations

import os
import pwd
import re
from collections.abc import Mapping
from pathlib import Path

from pedigree.build.errors import BuildError

SIGNER = "PEDIGREE_SIGNER"
DEVELOPER_KEY = ".config/pedigree/keys/developer.pub"

_PASSPHRASE = ("PEDIGREE_PASSPHRASE_FILE",)
_NETWORK = ("HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
# Names, regions, addresses and files alone: what a process is given may be kept by Pants and shown in its log. Where a
# variable would hold a secret (AWS_SECRET_ACCESS_KEY, AZURE_CLIENT_SECRET), there is one that names a file with it.
_VARIABLES: dict[str, tuple[str, ...]] = {
    "file": _PASSPHRASE,
    "hsm": (*_PASSPHRASE, "PYKCS11LIB", "SOFTHSM2_CONF", "OPENSC_CONF", "YUBIHSM_PKCS11_CONF"),
    "awskms": (
        *_NETWORK,
        "AWS_CA_BUNDLE",
        "AWS_CONFIG_FILE",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_DEFAULT_REGION",
        "AWS_ENDPOINT_URL_KMS",
        "AWS_ENDPOINT_URL_STS",
        "AWS_PROFILE",
        "AWS_REGION",
        "AWS_ROLE_ARN",
        "AWS_ROLE_SESSION_NAME",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
    ),
    "gcpkms": (
        *_NETWORK,
        "CLOUDSDK_CONFIG",
        "GOOGLE_APPLICATION_CREDENTIALS",
        "GOOGLE_CLOUD_PROJECT",
        "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
    ),
    "azurekms": (
        *_NETWORK,
        "AZURE_AUTHORITY_HOST",
        "AZURE_CLIENT_CERTIFICATE_PATH",
        "AZURE_CLIENT_ID",
        "AZURE_CONFIG_DIR",
        "AZURE_FEDERATED_TOKEN_FILE",
        "AZURE_TENANT_ID",
        "AZURE_TOKEN_CREDENTIALS",
    ),
}
_WITH_PASSWORD = re.compile(r"://[^/@]*@")


ALL = "signers"
"""The packages of all backends, and of Sigstore."""


def resolve_of(uri: str) -> str:
    """The packages that the signing process runs with: all backends where one is needed, else the few of `trust`."""
    return ALL if _scheme(uri) in _VARIABLES.keys() - {"file"} else "trust"


def variables_of(uri: str) -> tuple[str, ...]:
    """The variables of whoever builds that this signer needs; no step ever sees one of them."""
    return _VARIABLES.get(_scheme(uri), ())


def require_no_secret(variables: Mapping[str, str]) -> None:
    """Refuse a user and password in an address, such as a proxy's.

    Raises:
        BuildError: There is one.
    """
    for name, value in sorted(variables.items()):
        if _WITH_PASSWORD.search(value):
            raise BuildError(
                f"{name} holds a user or a password, and what a process is given is not kept secret",
                "name an address without them, for instance a proxy on this machine that adds them",
            )


def _scheme(uri: str) -> str:
    """The scheme of a signer's URI; without one the developer's key is meant, a file."""
    return uri.partition(":")[0] if uri else "file"


def developer_key() -> Path:
    """Where the developer's public key lies; the home comes from the password database, not from the shell.

    Raises:
        BuildError: The database does not know this user.
    """
    try:
        return Path(pwd.getpwuid(os.getuid()).pw_dir) / DEVELOPER_KEY
    except KeyError:
        raise BuildError(
            f"user {os.getuid()} is not in the password database, so there is no place for a developer's key",
            f"name a signer in {SIGNER}, or add the user",
        ) from None


def developer_public_key() -> bytes | None:
    """The developer's public key, if it was made already.

    Raises:
        BuildError: It cannot be read.
    """
    path = developer_key()
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BuildError(f"cannot read {path}: {error.strerror}", "make it readable for yourself") from error


def next_lines(delivered: str, standing: str, own_signer: bool) -> tuple[str, ...]:
    """What a person does with a fresh release: look at it, and verify it.

    Args:
        delivered: The release's directory, relative to the root of the repository.
        standing: How it stands to the plan that its owners signed.
        own_signer: Whether PEDIGREE_SIGNER named the signer.
    """
    key = f"<file with the public key of {SIGNER}>" if own_signer else f"~/{DEVELOPER_KEY}"
    return (
        f"The release is {delivered}",
        f"  standing:   {standing}",
        f"  look at it: {delivered}/lineage.html",
        f"  verify it:  ./pants run src/python/pedigree/cli -- verify {delivered} --key {key}",
        f"  or with stock tools, as {delivered}/VERIFY.md says",
    )
