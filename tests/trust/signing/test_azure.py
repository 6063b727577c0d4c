"""Keys in Azure Key Vault, with HTTPS servers of the test as the vault and as the place that gives tokens.

The client is Microsoft's own, with a workload identity: it answers the vault's challenge, exchanges a file's token for
one of the vault, and asks for the cloud's names through the proxy.
"""

from __future__ import annotations

import base64
import json
import time
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature

from trust.signing.cloud import Answer, Authority, ask, proxied, served_as, sign_and_verify

VAULT, LOGIN, TENANT = "demo.vault.azure.net", "login.microsoftonline.com", "11111111-2222-3333-4444-555555555555"
VERSION = "78deebed173b48e48f55abf87ed4cf71"
ASSERTION, TOKEN = "the token of the workload", "the token of the vault"
URI = f"azurekms://{VAULT}/keys/p256/{VERSION}"


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Vault:
    """The data plane of a vault: get a key, sign with one."""

    def __init__(self) -> None:
        self.elliptic = {
            "p256": ec.generate_private_key(ec.SECP256R1()),
            "p384": ec.generate_private_key(ec.SECP384R1()),
        }
        self.rsa = rsa.generate_private_key(65537, 2048)

    def answer(self, request: BaseHTTPRequestHandler, body: bytes) -> Answer:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            where = f'Bearer authorization="https://{LOGIN}/{TENANT}", resource="https://vault.azure.net"'
            return 401, {"WWW-Authenticate": where}, {"error": {"code": "Unauthorized", "message": "no token"}}
        name, *rest = request.path.partition("?")[0].split("/")[2:]
        if name not in (*self.elliptic, "rsa"):
            message = f"A key with (name/id) {name} was not found in this key vault."
            return 404, {}, {"error": {"code": "KeyNotFound", "message": message}}
        if rest[-1:] == ["sign"]:
            return 200, {}, {"kid": self._kid(name), "value": _encode(self._sign(name, json.loads(body)))}
        return 200, {}, {"key": self._key(name), "attributes": {"enabled": True, "created": 1, "updated": 1}}

    def _kid(self, name: str) -> str:
        return f"https://{VAULT}/keys/{name}/{VERSION}"

    def _key(self, name: str) -> dict[str, object]:
        described: dict[str, object] = {"kid": self._kid(name), "key_ops": ["sign", "verify"]}
        if name == "rsa":
            numbers = self.rsa.public_key().public_numbers()
            return {**described, "kty": "RSA", "n": _encode(numbers.n.to_bytes(256, "big")), "e": "AQAB"}
        point = self.elliptic[name].public_key().public_numbers()
        size = self.elliptic[name].key_size // 8
        x, y = (_encode(value.to_bytes(size, "big")) for value in (point.x, point.y))
        return {**described, "kty": "EC", "crv": f"P-{size * 8}", "x": x, "y": y}

    def _sign(self, name: str, asked: dict[str, str]) -> bytes:
        assert asked["alg"] == "ES256"
        signature = self.elliptic[name].sign(_decode(asked["value"]), ec.ECDSA(Prehashed(hashes.SHA256())))
        return b"".join(value.to_bytes(32, "big") for value in decode_dss_signature(signature))


def login(request: BaseHTTPRequestHandler, body: bytes) -> Answer:
    """Where a workload's token is exchanged for one of the vault."""
    base = f"https://{LOGIN}/{TENANT}"
    if request.path.endswith("/.well-known/openid-configuration"):
        places = {"authorization_endpoint": f"{base}/authorize", "token_endpoint": f"{base}/oauth2/v2.0/token"}
        return 200, {}, {"issuer": f"{base}/v2.0", **places}
    if "/discovery/instance" in request.path:
        found = {"tenant_discovery_endpoint": f"{base}/v2.0/.well-known/openid-configuration"}
        aliases = {"preferred_network": LOGIN, "preferred_cache": LOGIN, "aliases": [LOGIN]}
        return 200, {}, {**found, "metadata": [aliases]}
    form = dict(urllib.parse.parse_qsl(body.decode()))
    if (
        form.get("client_assertion") != ASSERTION
        or form.get("scope", "").split()[0] != "https://vault.azure.net/.default"
    ):
        said = {"error": "invalid_client", "error_description": "AADSTS700021: the client assertion is not valid"}
        return 401, {}, said
    return 200, {}, {"token_type": "Bearer", "expires_in": 3600, "access_token": TOKEN, "ext_expires_in": time.time()}


@dataclass(frozen=True)
class Subscription:
    """What the signing process is given, and a folder for more."""

    variables: dict[str, str]
    folder: Path


@pytest.fixture(scope="module")
def subscription(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Subscription]:
    """A vault with a key of each kind."""
    folder = tmp_path_factory.mktemp("azure")
    authority = Authority(folder)
    (folder / "token").write_text(ASSERTION)
    variables = {
        "AZURE_TENANT_ID": TENANT,
        "AZURE_CLIENT_ID": "66666666-7777-8888-9999-000000000000",
        "AZURE_FEDERATED_TOKEN_FILE": str(folder / "token"),
        # Without it, each kind of credential is tried, one of them over the network.
        "AZURE_TOKEN_CREDENTIALS": "WorkloadIdentityCredential",
        "REQUESTS_CA_BUNDLE": str(authority.roots),
    }
    with (
        served_as(authority, VAULT, Vault().answer) as vault,
        served_as(authority, LOGIN, login) as tokens,
        proxied({VAULT: vault, LOGIN: tokens}) as proxy,
    ):
        yield Subscription({**variables, "HTTPS_PROXY": proxy}, folder)


def test_a_release_signed_in_the_service_verifies(subscription: Subscription, tmp_path: Path) -> None:
    _, verdict = sign_and_verify(tmp_path / "work", URI, subscription.variables)
    assert verdict.holds, [check for check in verdict.checks if not check.holds]


@pytest.mark.parametrize("kind", ["p384", "rsa"])
def test_a_key_of_another_kind_is_refused(kind: str, subscription: Subscription) -> None:
    done = ask(URI.replace("p256", kind), subscription.variables)
    assert done.returncode == 1 and "is not one for ECDSA on P-256" in done.stderr, done.stderr
    assert "hint: make one" in done.stderr and "Traceback" not in done.stderr


def test_a_version_that_is_no_longer_the_current_one_is_refused(subscription: Subscription) -> None:
    old = URI.replace(VERSION, "0" * 32)
    done = ask(old, subscription.variables)
    assert done.returncode == 1 and f"current version of that key is {URI}, not {old}\nhint: name the" in done.stderr


def test_a_key_that_is_not_there_is_one_clear_error(subscription: Subscription) -> None:
    done = ask(URI.replace("p256", "nobodys"), subscription.variables)
    assert done.returncode == 1 and "(KeyNotFound)" in done.stderr
    assert "error: cannot use the signer azurekms:" in done.stderr and "Traceback" not in done.stderr


def test_a_workload_that_is_not_known_is_one_clear_error(subscription: Subscription) -> None:
    (subscription.folder / "wrong").write_text("wrong")
    changes = {"AZURE_FEDERATED_TOKEN_FILE": str(subscription.folder / "wrong")}
    done = ask(URI, {**subscription.variables, **changes})
    assert done.returncode == 1 and "the client assertion is not valid" in done.stderr
    assert "error: cannot use the signer azurekms:" in done.stderr and "Traceback" not in done.stderr


def test_without_credentials_there_is_one_clear_error(subscription: Subscription) -> None:
    kept = ("AZURE_TOKEN_CREDENTIALS", "REQUESTS_CA_BUNDLE", "HTTPS_PROXY")
    done = ask(URI, {name: subscription.variables[name] for name in kept})
    assert done.returncode == 1 and "error: cannot use the signer azurekms:" in done.stderr
    assert "\nhint: look at the network, the credentials" in done.stderr and "Traceback" not in done.stderr


def test_a_vault_that_cannot_be_reached_is_one_clear_error(subscription: Subscription) -> None:
    done = ask(URI.replace("demo.", "nowhere."), subscription.variables)
    assert done.returncode == 1 and "403 Forbidden" in done.stderr
    assert "error: cannot use the signer azurekms:" in done.stderr and "Traceback" not in done.stderr
