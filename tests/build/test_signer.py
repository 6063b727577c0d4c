from __future__ import annotations

import pytest

from pedigree.build import sandbox
from pedigree.build.errors import BuildError
from pedigree.build.signer import SIGNER, require_no_secret, resolve_of, variables_of

SERVICES = (
    "hsm:2?label=x",
    "awskms:alias/x",
    "gcpkms:projects/p/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1",
    "azurekms://v.vault.azure.net/keys/k/1",
)
SECRETS = ("SECRET", "PASSWORD", "ACCESS_KEY", "SESSION_TOKEN", "PIN", "HEADER")


@pytest.mark.parametrize("uri", ["", "file:/keys/owner.pem", "hv:key/1", "sigstore:", "nonsense"])
def test_a_key_in_a_file_and_a_scheme_that_is_refused_need_few_packages(uri: str) -> None:
    assert resolve_of(uri) == "trust"


@pytest.mark.parametrize("uri", SERVICES)
def test_a_key_in_a_token_or_a_service_needs_the_backends(uri: str) -> None:
    assert resolve_of(uri) == "signers"


def test_each_signer_is_given_what_its_own_kind_needs() -> None:
    assert variables_of("") == variables_of("file:/keys/owner.pem") == ("PEDIGREE_PASSPHRASE_FILE",)
    assert {"PEDIGREE_PASSPHRASE_FILE", "PYKCS11LIB", "SOFTHSM2_CONF"} <= set(variables_of("hsm:"))
    for uri, prefixes in (
        ("awskms:x", ("AWS_",)),
        ("gcpkms:x", ("GOOGLE_", "CLOUDSDK_", "GRPC_")),
        ("azurekms:x", ("AZURE_",)),
    ):
        own = [name for name in variables_of(uri) if name.startswith(prefixes)]
        common = set(variables_of(uri)) - set(own)
        assert own and common == {
            "HTTPS_PROXY",
            "https_proxy",
            "NO_PROXY",
            "no_proxy",
            "REQUESTS_CA_BUNDLE",
            "SSL_CERT_FILE",
        }
    assert variables_of("hv:key/1") == ()


@pytest.mark.parametrize("uri", ["", *SERVICES])
def test_no_variable_that_holds_a_secret_is_passed_on_and_no_step_sees_any(uri: str) -> None:
    given = variables_of(uri)
    assert not [name for name in given if any(word in name for word in SECRETS)]
    assert not {*given, SIGNER} & set(sandbox.ENVIRONMENT)


def test_a_password_in_the_address_of_a_proxy_is_refused_and_not_repeated() -> None:
    require_no_secret({"HTTPS_PROXY": "http://proxy.example:3128", "AWS_ROLE_SESSION_NAME": "me@example.org"})
    with pytest.raises(BuildError) as refused:
        require_no_secret({"HTTPS_PROXY": "http://me:hunter2@proxy.example:3128"})
    assert "HTTPS_PROXY holds a user or a password" in str(refused.value) and "hunter2" not in str(refused.value)
