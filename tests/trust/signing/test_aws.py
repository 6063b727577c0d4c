"""Keys in AWS KMS, with moto's server as AWS: real HTTP, real signatures.

moto 5.2 takes a digest that it is asked to sign for a message, and signs the digest of that. The front here signs it
as AWS does, with the key that moto holds, and leaves all else to moto.
"""

from __future__ import annotations

import base64
import http.client
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import boto3
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from moto.kms.models import kms_backends
from moto.server import ThreadedMotoServer

from trust.signing.cloud import Answer, ask, served, sign_and_verify

REGION = "eu-central-1"
ACCOUNT = "123456789012"  # the one that moto plays


@dataclass(frozen=True)
class Account:
    """An account with keys.

    Attributes:
        keys: Kind of key -> its id; each has the alias `alias/<kind>`.
        variables: What the signing process is given; secrets lie in a file.
    """

    keys: dict[str, str]
    variables: dict[str, str]


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """AWS with a key of each kind."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    with served(_front(*server.get_host_and_port()), None) as port:
        yield _account(tmp_path_factory.mktemp("aws"), f"http://127.0.0.1:{port}")
    server.stop()


def _front(host: str, port: int) -> Callable[[BaseHTTPRequestHandler, bytes], Answer]:
    def answer(request: BaseHTTPRequestHandler, body: bytes) -> Answer:
        asked = json.loads(body)
        if request.headers["X-Amz-Target"] == "TrentService.Sign" and asked["MessageType"] == "DIGEST":
            backend = kms_backends[ACCOUNT][REGION]
            key: Any = backend.keys[backend.any_id_to_key_id(asked["KeyId"])].private_key
            digest = base64.b64decode(asked["Message"])
            signature = base64.b64encode(key.private_key.sign(digest, ec.ECDSA(Prehashed(hashes.SHA256())))).decode()
            assert asked["SigningAlgorithm"] == "ECDSA_SHA_256"
            return 200, {}, {"KeyId": asked["KeyId"], "Signature": signature, "SigningAlgorithm": "ECDSA_SHA_256"}
        with closing(http.client.HTTPConnection(host, port)) as stock:
            stock.request("POST", request.path, body, dict(request.headers))
            response = stock.getresponse()
            return response.status, {}, response.read()

    return answer


def _account(folder: Path, url: str) -> Account:
    credentials = folder / "credentials"
    credentials.write_text("[signing]\naws_access_key_id = test\naws_secret_access_key = test\n")
    variables = {
        "AWS_SHARED_CREDENTIALS_FILE": str(credentials),
        "AWS_PROFILE": "signing",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL_KMS": url,
    }
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=REGION)
    client = session.client("kms", endpoint_url=variables["AWS_ENDPOINT_URL_KMS"])
    keys = {}
    for kind, spec in (("p256", "ECC_NIST_P256"), ("p384", "ECC_NIST_P384"), ("rsa", "RSA_2048")):
        keys[kind] = client.create_key(KeyUsage="SIGN_VERIFY", KeySpec=spec)["KeyMetadata"]["KeyId"]
        client.create_alias(AliasName=f"alias/{kind}", TargetKeyId=keys[kind])
    return Account(keys, variables)


def test_a_release_signed_in_the_service_verifies(account: Account, tmp_path: Path) -> None:
    uri = f"awskms:{account.keys['p256']}"
    public, verdict = sign_and_verify(tmp_path / "work", uri, account.variables)
    assert verdict.holds, [check for check in verdict.checks if not check.holds]
    assert ask("awskms:alias/p256", account.variables).stdout == public.pem


@pytest.mark.parametrize("kind", ["p384", "rsa"])
def test_a_key_of_another_kind_is_refused(kind: str, account: Account) -> None:
    done = ask(f"awskms:{account.keys[kind]}", account.variables)
    assert done.returncode == 1
    assert "is not one for ECDSA on P-256 with SHA-256\nhint: make one: ECC_NIST_P256 (AWS)" in done.stderr


@pytest.mark.parametrize(
    ("key", "changes", "told"),
    [
        ("alias/nobodys", {}, "NotFoundException"),
        ("alias/p256", {"AWS_PROFILE": "nobodys"}, "The config profile (nobodys) could not be found"),
        ("alias/p256", {"AWS_REGION": "", "AWS_DEFAULT_REGION": ""}, "You must specify a region"),
        ("alias/p256", {"AWS_ENDPOINT_URL_KMS": "http://127.0.0.1:1"}, "Could not connect to the endpoint URL"),
    ],
)
def test_what_the_service_says_is_one_clear_error(
    key: str, changes: dict[str, str], told: str, account: Account
) -> None:
    variables = {**account.variables, "AWS_MAX_ATTEMPTS": "1", **changes}
    done = ask(f"awskms:{key}", {name: value for name, value in variables.items() if value})
    assert done.returncode == 1 and told in done.stderr, done.stderr
    assert f"error: cannot use the signer awskms:{key}" in done.stderr and "\nhint: " in done.stderr
    assert "Traceback" not in done.stderr


def test_without_credentials_there_is_one_clear_error(account: Account) -> None:
    given = {name: account.variables[name] for name in ("AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL_KMS")}
    done = ask("awskms:alias/p256", {**given, "AWS_EC2_METADATA_DISABLED": "true"})
    assert done.returncode == 1
    assert "error: cannot use the signer awskms:alias/p256: Unable to locate credentials\nhint: " in done.stderr
