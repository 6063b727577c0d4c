"""A certificate authority for minutes, as Fulcio is: who shows a token gets a certificate for a key of the moment."""

from __future__ import annotations

import base64
import functools
import struct
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

from trust.signing.certificates import SHA256, Extension, certify, key_digest, new_key, pem, usage
from trust.signing.cloud import Answer

# Fulcio writes the issuer twice: bare, as at first, and as DER.
_ISSUER_EXTENSIONS = ObjectIdentifier("1.3.6.1.4.1.57264.1.1"), ObjectIdentifier("1.3.6.1.4.1.57264.1.8")
_PROMISE_EXTENSION = ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")


@dataclass
class Fulcio:
    """The authority.

    Attributes:
        root: Its own certificate.
        provider: The key that the identity provider signs tokens with.
        ca: The key that certificates are signed with.
        ct: The key of the log of certificates.
    """

    root: x509.Certificate
    provider: ec.EllipticCurvePublicKey
    ca: ec.EllipticCurvePrivateKey
    ct: ec.EllipticCurvePrivateKey = field(default_factory=new_key)

    def answer(self, token: str, asked: dict[str, Any]) -> Answer:
        """A certificate for who the token names, with the promise of the certificates' log in it."""
        try:
            claims = jwt.decode(token, self.provider, ["ES256"], audience="sigstore")
        except jwt.InvalidTokenError as error:
            return 401, {}, {"code": 16, "message": f"the token is not valid: {error}"}
        request = x509.load_pem_x509_csr(base64.b64decode(asked["certificateSigningRequest"]))
        assert request.is_signature_valid
        chain = [pem(one).decode() for one in (self._certify(request, claims), self.root)]
        return 201, {}, {"signedCertificateEmbeddedSct": {"chain": {"certificates": chain}}}

    def _certify(self, request: x509.CertificateSigningRequest, claims: dict[str, str]) -> x509.Certificate:
        issuer = claims["iss"].encode()
        extensions: list[Extension] = [
            (usage("digital_signature"), True),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), False),
            (x509.SubjectAlternativeName([x509.RFC822Name(claims["sub"])]), True),
            (x509.UnrecognizedExtension(_ISSUER_EXTENSIONS[0], issuer), False),
            (x509.UnrecognizedExtension(_ISSUER_EXTENSIONS[1], bytes([0x0C, len(issuer)]) + issuer), False),
        ]
        begin = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=5)
        serial = x509.random_serial_number()
        make = functools.partial(certify, self.ca, request.public_key(), serial=serial, begin=begin)
        promise = x509.UnrecognizedExtension(_PROMISE_EXTENSION, self._promise(make(extensions)))
        return make([*extensions, (promise, False)])

    def _promise(self, certificate: x509.Certificate) -> bytes:
        """A signed certificate time stamp over what is to be certified (RFC 6962, section 3.2), as an extension."""
        now, inner = int(time.time() * 1000), certificate.tbs_certificate_bytes
        entry = key_digest(self.ca) + len(inner).to_bytes(3, "big") + inner
        signature = self.ct.sign(struct.pack("!BBQH", 0, 0, now, 1) + entry + b"\0\0", SHA256)
        stamp = struct.pack("!B32sQHBBH", 0, key_digest(self.ct), now, 0, 4, 3, len(signature)) + signature
        listed = struct.pack("!HH", len(stamp) + 2, len(stamp)) + stamp
        return bytes([0x04, len(listed)] if len(listed) < 128 else [0x04, 0x81, len(listed)]) + listed
