"""A Sigstore instance on 127.0.0.1: identity provider, certificate authority with its log, transparency log, clock.

All of it is real cryptography behind the interfaces that the stock client speaks: OpenID Connect, Fulcio v2, Rekor v1
or v2, RFC 3161.
"""

from __future__ import annotations

import json
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from trust.signing import clock
from trust.signing.certificates import b64, certify_authority, key_digest, new_key, public_der
from trust.signing.cloud import Answer, served
from trust.signing.fulcio import Fulcio
from trust.signing.rekor import Rekor

ISSUER = "https://login.example.org/realms/quality"


@dataclass
class Provider:
    """Who says who somebody is.

    Attributes:
        person: Who is at the browser when somebody logs in.
    """

    person: str = "quality@example.org"
    key: ec.EllipticCurvePrivateKey = field(default_factory=new_key)

    def token(self, person: str, issuer: str = ISSUER, **changes: Any) -> str:
        """What somebody gets who has logged in."""
        now = int(time.time())
        claims = {"iss": issuer, "sub": person, "aud": "sigstore", "iat": now, "exp": now + 300, **changes}
        return jwt.encode(claims, self.key, "ES256")

    def answer(self, url: str, path: str, asked: dict[str, str]) -> Answer:
        """Log somebody in: where to go, a code, a token for the code."""
        if path == "/oidc/.well-known/openid-configuration":
            return 200, {}, {"authorization_endpoint": f"{url}/auth", "token_endpoint": f"{url}/token"}
        if path == "/auth":
            back = urllib.parse.urlencode({"code": "1234", "state": asked["state"]})
            return 302, {"Location": f"{asked['redirect_uri']}?{back}"}, {}
        return 200, {}, {"access_token": self.token(self.person)}


@dataclass(frozen=True)
class Instance:
    """Its parts; `config` is the file that clients trust."""

    folder: Path
    url: str
    provider: Provider
    fulcio: Fulcio
    rekor: Rekor

    @property
    def config(self) -> Path:
        """The client trust config."""
        return self.folder / "trust-config.json"

    def answer(self, request: BaseHTTPRequestHandler, body: bytes) -> Answer:
        """All services, told apart by path."""
        path, _, query = request.path.partition("?")
        if path == "/api/v2/signingCert":
            return self.fulcio.answer(request.headers["Authorization"].removeprefix("Bearer "), json.loads(body))
        if path == "/api/v2/log/entries":
            return 201, {}, self.rekor.log_digest(json.loads(body)["hashedRekordRequestV002"])
        if path == "/api/v1/log/entries":
            return 201, {}, self.rekor.log_envelope(json.loads(body)["spec"]["proposedContent"])
        if path == "/timestamp":
            return 200, {"Content-Type": "application/timestamp-reply"}, clock.stamp(self.folder, body)
        return self.provider.answer(self.url, path, dict(urllib.parse.parse_qsl(query)))


def describe(instance: Instance, stamper: x509.Certificate, rekor: int) -> dict[str, Any]:
    """The client trust config, as whoever runs an instance gives it to its users."""
    since = {"start": (datetime.now(UTC) - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")}
    url = instance.url

    def authority(*chain: x509.Certificate) -> dict[str, Any]:
        raw = [{"rawBytes": b64(one.public_bytes(serialization.Encoding.DER))} for one in chain]
        subject = {"organization": "test", "commonName": "test instance"}
        return {"subject": subject, "uri": url, "certChain": {"certificates": raw}, "validFor": since}

    def log(key: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
        public = {"rawBytes": b64(public_der(key)), "keyDetails": "PKIX_ECDSA_P256_SHA_256", "validFor": since}
        place = {"baseUrl": url, "hashAlgorithm": "SHA2_256", "logId": {"keyId": b64(key_digest(key))}}
        return {**place, "publicKey": public}

    def service(path: str, version: int) -> list[dict[str, Any]]:
        return [{"url": f"{url}{path}", "majorApiVersion": version, "validFor": since, "operator": "test"}]

    root = {
        "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
        "tlogs": [log(instance.rekor.key)],
        "certificateAuthorities": [authority(instance.fulcio.root)],
        "ctlogs": [log(instance.fulcio.ct)],
        "timestampAuthorities": [authority(stamper, instance.fulcio.root)],
    }
    services = {
        "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
        "caUrls": service("", 1),
        "oidcUrls": service("/oidc", 1),
        "rekorTlogUrls": service("", rekor),
        "rekorTlogConfig": {"selector": "ANY"},
        "tsaUrls": service("/timestamp", 1),
        "tsaConfig": {"selector": "ANY"},
    }
    kind = "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json"
    return {"mediaType": kind, "trustedRoot": root, "signingConfig": services}


@contextmanager
def running(folder: Path, rekor: int = 2, late: int = 0) -> Iterator[Instance]:
    """An instance that answers; what it has signed is verified after it has ended as well.

    Args:
        folder: For its files; it is made when missing.
        rekor: Which interface of its log clients are told of, 1 or 2.
        late: How many seconds that log is ahead.
    """
    folder.mkdir(exist_ok=True)
    parts: list[Instance] = []
    with served(lambda request, body: parts[0].answer(request, body), None) as port:
        provider, ca = Provider(), new_key()
        fulcio = Fulcio(certify_authority(ca), provider.key.public_key(), ca)
        instance = Instance(folder, f"http://127.0.0.1:{port}", provider, fulcio, Rekor(late))
        parts.append(instance)
        instance.config.write_text(json.dumps(describe(instance, clock.set_up(folder, ca), rekor)))
        yield instance
