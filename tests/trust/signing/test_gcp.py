"""Keys in Google Cloud KMS, with a gRPC server of the test in its place.

The client is Google's own: it asks for the cloud's name through the proxy, checks the certificate, and signs a token
with a service account's key, which the server checks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent import futures
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import jwt
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from google.cloud import kms

from trust.signing.cloud import Authority, ask, proxied, sign_and_verify

HOST = "cloudkms.googleapis.com"
RING = "projects/p/locations/global/keyRings/r/cryptoKeys"
ACCOUNT = "signer@p.iam.gserviceaccount.com"
ALGORITHMS = {
    "p256": kms.CryptoKeyVersion.CryptoKeyVersionAlgorithm.EC_SIGN_P256_SHA256,
    "p384": kms.CryptoKeyVersion.CryptoKeyVersionAlgorithm.EC_SIGN_P384_SHA384,
}


class Service:
    """GetPublicKey and AsymmetricSign of google.cloud.kms.v1, for who shows a token of the service account."""

    def __init__(self, account: rsa.RSAPublicKey) -> None:
        self.account = account
        curves = {"p256": ec.SECP256R1(), "p384": ec.SECP384R1()}
        self.keys = {f"{RING}/{kind}/cryptoKeyVersions/1": ec.generate_private_key(curves[kind]) for kind in curves}

    def get_public_key(self, request: Any, context: grpc.ServicerContext) -> Any:
        key = self._key(request.name, context).public_key()
        spki = serialization.PublicFormat.SubjectPublicKeyInfo
        # Google ends the PEM with a line more than others do, and the field that came later holds bytes.
        pem = key.public_bytes(serialization.Encoding.PEM, spki) + b"\n"
        algorithm = ALGORITHMS[request.name.split("/")[-3]]
        return kms.PublicKey(name=request.name, algorithm=algorithm, public_key={"data": pem})

    def asymmetric_sign(self, request: Any, context: grpc.ServicerContext) -> Any:
        key = self._key(request.name, context)
        signature = key.sign(request.digest.sha256, ec.ECDSA(Prehashed(hashes.SHA256())))
        return kms.AsymmetricSignResponse(name=request.name, signature=signature)

    def _key(self, name: str, context: grpc.ServicerContext) -> ec.EllipticCurvePrivateKey:
        sent = dict(context.invocation_metadata()).get("authorization", "")
        try:
            claims = jwt.decode(
                str(sent).removeprefix("Bearer "), self.account, ["RS256"], options={"verify_aud": False}
            )
        except jwt.InvalidTokenError:
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "the token is not the service account's")
        if claims["sub"] != ACCOUNT:
            context.abort(grpc.StatusCode.PERMISSION_DENIED, f"{claims['sub']} may not use {name}")
        if name not in self.keys:
            context.abort(grpc.StatusCode.NOT_FOUND, f"CryptoKeyVersion {name} not found.")
        return self.keys[name]

    def handler(self) -> grpc.GenericRpcHandler:
        methods: dict[str, tuple[Any, Any, Any]] = {
            "GetPublicKey": (self.get_public_key, kms.GetPublicKeyRequest, kms.PublicKey),
            "AsymmetricSign": (self.asymmetric_sign, kms.AsymmetricSignRequest, kms.AsymmetricSignResponse),
        }
        handlers = {
            name: grpc.unary_unary_rpc_method_handler(method, asked.deserialize, given.serialize)
            for name, (method, asked, given) in methods.items()
        }
        return grpc.method_handlers_generic_handler("google.cloud.kms.v1.KeyManagementService", handlers)


@dataclass(frozen=True)
class Project:
    """What the signing process is given, and a folder for more."""

    variables: dict[str, str]
    folder: Path


def _write_account(path: Path, key: rsa.RSAPrivateKey, email: str) -> Path:
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    account = {"type": "service_account", "project_id": "p", "private_key_id": "1", "private_key": pem}
    place = {"client_email": email, "client_id": "1", "token_uri": "https://oauth2.googleapis.com/token"}
    path.write_text(json.dumps({**account, **place}))
    return path


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project with a key on each curve."""
    folder = tmp_path_factory.mktemp("gcp")
    authority, account = Authority(folder), rsa.generate_private_key(65537, 2048)
    server = grpc.server(futures.ThreadPoolExecutor(4))
    server.add_generic_rpc_handlers((Service(account.public_key()).handler(),))
    port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([authority.certify(HOST)]))
    server.start()
    with proxied({HOST: port}) as proxy:
        yield Project(
            {
                "GOOGLE_APPLICATION_CREDENTIALS": str(_write_account(folder / "account.json", account, ACCOUNT)),
                "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": str(authority.roots),
                "HTTPS_PROXY": proxy,
                "https_proxy": proxy,
            },
            folder,
        )
    server.stop(None)


def test_a_release_signed_in_the_service_verifies(project: Project, tmp_path: Path) -> None:
    uri = f"gcpkms:{RING}/p256/cryptoKeyVersions/1"
    _, verdict = sign_and_verify(tmp_path / "work", uri, project.variables)
    assert verdict.holds, [check for check in verdict.checks if not check.holds]


def test_a_key_of_another_kind_is_refused(project: Project) -> None:
    done = ask(f"gcpkms:{RING}/p384/cryptoKeyVersions/1", project.variables)
    assert done.returncode == 1 and "is not one for ECDSA on P-256 with SHA-256\nhint: make one" in done.stderr


def test_a_key_that_is_not_there_is_one_clear_error(project: Project) -> None:
    done = ask(f"gcpkms:{RING}/nobodys/cryptoKeyVersions/1", project.variables)
    assert done.returncode == 1 and "nobodys/cryptoKeyVersions/1 not found" in done.stderr
    assert "\nhint: " in done.stderr and "Traceback" not in done.stderr


def test_a_key_of_another_account_is_one_clear_error(project: Project) -> None:
    stranger = _write_account(project.folder / "other.json", rsa.generate_private_key(65537, 2048), ACCOUNT)
    variables = {**project.variables, "GOOGLE_APPLICATION_CREDENTIALS": str(stranger)}
    done = ask(f"gcpkms:{RING}/p256/cryptoKeyVersions/1", variables)
    assert done.returncode == 1 and "the token is not the service account's" in done.stderr
    assert "error: cannot use the signer gcpkms:" in done.stderr and "Traceback" not in done.stderr


def test_without_credentials_there_is_one_clear_error(project: Project) -> None:
    variables = {name: value for name, value in project.variables.items() if not name.startswith("GOOGLE")}
    # No question goes to the address at which machines of the cloud find their credentials.
    done = ask(f"gcpkms:{RING}/p256/cryptoKeyVersions/1", {**variables, "NO_GCE_CHECK": "true"})
    assert done.returncode == 1 and "default credentials were not found" in done.stderr
    assert "error: cannot use the signer gcpkms:" in done.stderr and "Traceback" not in done.stderr
