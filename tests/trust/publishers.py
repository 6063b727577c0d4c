"""Publishers of models who sign as the stock `model_signing` does, with certificates of an authority of the test."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

from pedigree.step.canonical import canonical_json
from pedigree.trust.envelope import BUNDLE_TYPE, PAYLOAD_TYPE, encode_base64, pae
from trust.signing.certificates import SHA256, Extension, certify, new_key, pem, usage

LAB, OTHER = "Example Lab", "Other Lab"
YEAR = timedelta(days=365)
NOW = datetime.now(UTC).replace(microsecond=0)
SIGNS: Sequence[Extension] = [(usage("digital_signature"), True)]


def stated(when: datetime) -> str:
    """A time as people state it."""
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def write_model(directory: Path) -> Path:
    """The files of a model, as its publisher has them."""
    directory.mkdir()
    (directory / "config.json").write_text("{}")
    (directory / "model.safetensors").write_bytes(b"weights")
    (directory / "README.md").write_text("# Model\n")
    return directory


@dataclass(frozen=True)
class Credential:
    """A key with a certificate, and the certificates between it and the root."""

    key: CertificateIssuerPrivateKeyTypes
    chain: tuple[x509.Certificate, ...]

    def write(self, folder: Path) -> tuple[Path, Path, Path]:
        """Files with the key, its certificate, and those above it."""
        names = [folder / name for name in ("key.pem", "certificate.pem", "chain.pem")]
        clear, form = serialization.NoEncryption(), serialization.PrivateFormat.PKCS8
        names[0].write_bytes(self.key.private_bytes(serialization.Encoding.PEM, form, clear))
        names[1].write_bytes(pem(self.chain[0]))
        names[2].write_bytes(b"".join(map(pem, self.chain[1:])))
        return names[0], names[1], names[2]

    def sign(self, statement: dict[str, Any]) -> bytes:
        """A bundle over a statement, as the stock tool makes it but for spaces."""
        assert isinstance(self.key, ec.EllipticCurvePrivateKey)
        payload = canonical_json(statement)
        signature = {"sig": encode_base64(self.key.sign(pae(payload), SHA256))}
        raw = [{"rawBytes": encode_base64(one.public_bytes(serialization.Encoding.DER))} for one in self.chain]
        material = {"x509CertificateChain": {"certificates": raw}, "tlogEntries": []}
        envelope = {"payload": encode_base64(payload), "payloadType": PAYLOAD_TYPE, "signatures": [signature]}
        document = {"mediaType": BUNDLE_TYPE, "verificationMaterial": material, "dsseEnvelope": envelope}
        return json.dumps(document).encode()


@dataclass(frozen=True)
class Authority:
    """A root, and an authority under it that certifies publishers."""

    name: str = "Example Trust"
    key: ec.EllipticCurvePrivateKey = field(default_factory=new_key)
    below: ec.EllipticCurvePrivateKey = field(default_factory=new_key)
    life: timedelta = 10 * YEAR

    @cached_property
    def root(self) -> x509.Certificate:
        return _authority(self.key, self.key, self.name, self.name, 1, self.life)

    @cached_property
    def intermediate(self) -> x509.Certificate:
        return _authority(self.key, self.below, self.name, f"{self.name} Publishers", 0, self.life)

    @property
    def pem(self) -> bytes:
        """What somebody trusts who trusts it."""
        return pem(self.root)

    def certify(
        self,
        subject: str = LAB,
        extensions: Sequence[Extension] = SIGNS,
        *,
        key: CertificateIssuerPrivateKeyTypes | None = None,
        begin: datetime = NOW - timedelta(days=30),
        life: timedelta = YEAR,
    ) -> Credential:
        """Give somebody a certificate."""
        mine = key or new_key()
        by = f"{self.name} Publishers"
        leaf = certify(self.below, mine.public_key(), extensions, subject, life, begin=begin, issued_by=by)
        return Credential(mine, (leaf, self.intermediate))


def _authority(
    issuer: ec.EllipticCurvePrivateKey,
    key: ec.EllipticCurvePrivateKey,
    issued_by: str,
    subject: str,
    below: int,
    life: timedelta,
) -> x509.Certificate:
    extensions: list[Extension] = [
        (x509.BasicConstraints(ca=True, path_length=below), True),
        (usage("key_cert_sign", "crl_sign"), True),
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
    ]
    begin = NOW - 2 * YEAR
    return certify(issuer, key.public_key(), extensions, subject, life, begin=begin, issued_by=issued_by)
