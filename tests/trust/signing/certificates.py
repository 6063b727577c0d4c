"""Keys and certificates that tests make at run time."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import NameOID

SHA256 = ec.ECDSA(hashes.SHA256())
ISSUER = "test authority"
Extension = tuple[x509.ExtensionType, bool]
"""An extension, and whether it is critical."""


def new_key() -> ec.EllipticCurvePrivateKey:
    """A private key on P-256."""
    return ec.generate_private_key(ec.SECP256R1())


def private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """A private key in PEM, in the clear."""
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)


def public_der(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The public half in DER."""
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def key_digest(key: ec.EllipticCurvePrivateKey) -> bytes:
    """What logs are known by: the digest of their public key."""
    return hashlib.sha256(public_der(key)).digest()


def b64(data: bytes) -> str:
    """Base64 as text."""
    return base64.b64encode(data).decode()


def pem(certificate: x509.Certificate) -> bytes:
    """A certificate in PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def public_key_of(certificate: x509.Certificate) -> ec.EllipticCurvePublicKey:
    """The key that a certificate is about."""
    key = certificate.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return key


def usage(*named: str) -> x509.KeyUsage:
    """What a key may be used for."""
    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    others = ("key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
    return x509.KeyUsage(**{name: name in named for name in (*names, *others)})


def certify(
    issuer: ec.EllipticCurvePrivateKey,
    key: CertificatePublicKeyTypes,
    extensions: Sequence[Extension],
    subject: str = "",
    life: timedelta = timedelta(minutes=10),
    serial: int | None = None,
    begin: datetime | None = None,
    issued_by: str = ISSUER,
) -> x509.Certificate:
    """A certificate that begins a few seconds ago, because clocks of services cut off fractions."""
    begin = begin or datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=5)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)] if subject else [])
    of_issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issued_by)])
    serial = serial or x509.random_serial_number()
    builder = x509.CertificateBuilder(of_issuer, name, key, serial, begin, begin + life)
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key())
    for extension, critical in [(identifier, False), *extensions]:
        builder = builder.add_extension(extension, critical)
    return builder.sign(issuer, hashes.SHA256())


def certify_authority(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    """The certificate of an authority, by itself."""
    extensions: list[Extension] = [
        (x509.BasicConstraints(ca=True, path_length=0), True),
        (usage("key_cert_sign", "crl_sign"), True),
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
    ]
    return certify(key, key.public_key(), extensions, ISSUER, timedelta(days=1))
