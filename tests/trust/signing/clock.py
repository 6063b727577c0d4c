"""A time stamping authority (RFC 3161); openssl answers."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from trust.signing.certificates import Extension, certify, new_key, pem, private_pem, usage

_SETTINGS = """[tsa]
default_tsa = clock
[clock]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""


def set_up(folder: Path, issuer: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    """Write what openssl needs; the clock's certificate."""
    key = new_key()
    purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    extensions: list[Extension] = [(purpose, True), (usage("digital_signature"), True)]
    certificate = certify(issuer, key.public_key(), extensions, "clock", timedelta(hours=12))
    (folder / "clock.pem").write_bytes(private_pem(key))
    (folder / "clock.crt").write_bytes(pem(certificate))
    (folder / "clock.cnf").write_text(_SETTINGS.format(folder=folder))
    (folder / "serial").write_text("01\n")
    return certificate


def stamp(folder: Path, query: bytes) -> bytes:
    """What the clock says to a query."""
    (folder / "query").write_bytes(query)
    settings = ["-config", str(folder / "clock.cnf"), "-queryfile", str(folder / "query")]
    keys = ["-signer", str(folder / "clock.crt"), "-inkey", str(folder / "clock.pem")]
    done = subprocess.run(["openssl", "ts", "-reply", *settings, *keys], capture_output=True, check=True)
    return done.stdout
