"""Models that publishers signed with a certificate, by the stock `model_signing`."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID

from pedigree.step.digests import directory_files, sha256_bytes
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.modelsig import model_statement
from pedigree.trust.published import PublishedBy
from pedigree.trust.publisher import PublisherSignature, verify_publisher
from pedigree.trust.publisher_certificate import CertifiedPublisher
from trust.publishers import LAB, NOW, OTHER, SIGNS, YEAR, Authority, Credential, stated, write_model
from trust.signing.certificates import Extension, b64, certify, new_key, pem, usage
from trust.stock_publisher import sign_by_certificate

IDENTITY, TODAY = f"cn:{LAB}", stated(NOW)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_model(tmp_path / "model")


def verify(
    bundle: bytes, model: Path, authority: Authority | bytes, identity: str = IDENTITY, time: str = TODAY
) -> PublisherSignature:
    anchors = authority if isinstance(authority, bytes) else authority.pem
    publisher = CertifiedPublisher(anchors, identity, time)
    return verify_publisher(bundle, publisher, directory_files(model), [], "model.sig")


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()], ids=lambda curve: curve.name)
def test_what_the_stock_tool_signs_is_verified(model: Path, curve: ec.EllipticCurve) -> None:
    authority = Authority()
    bundle = sign_by_certificate(model, authority.certify(key=ec.generate_private_key(curve)))
    assert verify(bundle, model, authority).signed == ("README.md", "config.json", "model.safetensors")


def test_what_is_found_names_the_authority_and_the_file_that_it_was_in(model: Path) -> None:
    authority = Authority()
    root, other = authority.root, Authority("Another Trust").root
    anchors = pem(other) + pem(root)
    issuer = f"sha256:{root.fingerprint(hashes.SHA256()).hex()}"
    expected = PublishedBy("certificate", IDENTITY, issuer, sha256_bytes(anchors), TODAY)
    assert verify(sign_by_certificate(model, authority.certify()), model, anchors).by == expected


NAMES = x509.SubjectAlternativeName(
    [
        x509.DNSName("models.lab.example"),
        x509.RFC822Name("release@lab.example"),
        x509.UniformResourceIdentifier("https://lab.example/release"),
    ]
)


def test_any_one_name_of_a_certificate_may_be_expected_but_as_what_it_is(model: Path) -> None:
    authority = Authority()
    bundle = sign_by_certificate(model, authority.certify(LAB, [*SIGNS, (NAMES, False)]))
    names = ("dns:models.lab.example", "email:release@lab.example", "uri:https://lab.example/release", IDENTITY)
    for name in names:
        assert verify(bundle, model, authority, name).by.identity == name
    for name in (
        "cn:models.lab.example",
        "cn:release@lab.example",
        "dns:release@lab.example",
        "email:models.lab.example",
        f"dns:{LAB}",
        "dns:lab.example",
        "dns:*.lab.example",
        f"cn:{LAB.lower()}",
        "cn:",
        LAB,
    ):
        with pytest.raises(Refused, match="model.sig is not signed by .*: the certificate is that of 'cn:Example Lab'"):
            verify(bundle, model, authority, name)


def test_another_whom_the_same_authority_certified_is_refused(model: Path) -> None:
    authority = Authority()
    bundle = sign_by_certificate(model, authority.certify(OTHER))
    with pytest.raises(Refused, match=f"not signed by '{IDENTITY}': the certificate is that of 'cn:{OTHER}'"):
        verify(bundle, model, authority)


def test_a_certificate_of_another_authority_of_the_same_name_is_refused(model: Path) -> None:
    bundle = sign_by_certificate(model, Authority().certify())
    with pytest.raises(Refused, match="is not under the publisher's authorities"):
        verify(bundle, model, Authority())


def test_a_bundle_that_brings_its_own_root_makes_that_no_authority(model: Path) -> None:
    forger = Authority()
    forged = forger.certify()
    bundle = sign_by_certificate(model, Credential(forged.key, (*forged.chain, forger.root)))
    assert verify(bundle, model, forger).signed
    with pytest.raises(Refused, match="is not under the publisher's authorities"):
        verify(bundle, model, Authority())


def test_a_chain_with_a_link_missing_is_refused(model: Path) -> None:
    authority = Authority()
    credential = authority.certify()
    bundle = Credential(credential.key, credential.chain[:1]).sign(model_statement(directory_files(model)))
    with pytest.raises(Refused, match="is not under the publisher's authorities"):
        verify(bundle, model, authority)
    assert verify(bundle, model, pem(authority.intermediate)).signed


def test_certificates_are_valid_at_the_time_that_is_stated_and_at_no_other(model: Path) -> None:
    authority = Authority()
    bundle = sign_by_certificate(model, authority.certify(begin=NOW - YEAR, life=timedelta(days=100)))
    assert verify(bundle, model, authority, time=stated(NOW - YEAR)).signed
    assert verify(bundle, model, authority, time=stated(NOW - YEAR + timedelta(days=100))).signed
    for time in (TODAY, stated(NOW - YEAR - timedelta(seconds=1)), stated(NOW - YEAR + timedelta(days=100, seconds=1))):
        with pytest.raises(Refused, match=f"the certificate in model.sig is valid from .*, not at {time}"):
            verify(bundle, model, authority, time=time)


def test_an_authority_that_has_expired_certifies_nothing(model: Path) -> None:
    authority = Authority(life=YEAR)
    bundle = sign_by_certificate(model, authority.certify(begin=NOW - 2 * YEAR, life=5 * YEAR))
    assert verify(bundle, model, authority, time=stated(NOW - 2 * YEAR)).signed
    with pytest.raises(Refused, match=f"is not under the publisher's authorities at {TODAY}"):
        verify(bundle, model, authority)


SERVER = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
CODE = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CODE_SIGNING])


@pytest.mark.parametrize(
    ("extensions", "told"),
    [
        ([], "not for signing"),
        ([(usage("key_encipherment"), True)], "its key usage is not digitalSignature"),
        ([(usage("digital_signature", "key_cert_sign"), True)], "its key usage is not digitalSignature"),
        ([*SIGNS, (SERVER, False)], "its extended key usage is not codeSigning"),
        ([*SIGNS, (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"?"), True)], "not for signing"),
    ],
)
def test_a_certificate_for_something_else_is_refused(model: Path, extensions: Sequence[Extension], told: str) -> None:
    authority = Authority()
    assert verify(sign_by_certificate(model, authority.certify(LAB, [*SIGNS, (CODE, False)])), model, authority).signed
    bundle = authority.certify(LAB, extensions).sign(model_statement(directory_files(model)))
    with pytest.raises(Refused, match=told):
        verify(bundle, model, authority)


CALLED_AUTHORITY: Sequence[Extension] = [
    *SIGNS,
    (x509.BasicConstraints(ca=True, path_length=None), True),
    (x509.SubjectKeyIdentifier(b"0123456789"), False),
]


@pytest.mark.parametrize("extensions", [SIGNS, CALLED_AUTHORITY], ids=["publisher", "publisher-called-authority"])
def test_a_publisher_signs_models_but_does_not_certify_others(model: Path, extensions: Sequence[Extension]) -> None:
    authority = Authority()
    lab, mallory = authority.certify(OTHER, extensions), new_key()
    assert verify(sign_by_certificate(model, lab), model, authority, f"cn:{OTHER}").signed
    assert isinstance(lab.key, ec.EllipticCurvePrivateKey)
    forged = certify(lab.key, mallory.public_key(), SIGNS, LAB, YEAR, begin=NOW - YEAR, issued_by=OTHER)
    bundle = sign_by_certificate(model, Credential(mallory, (forged, *lab.chain)))
    with pytest.raises(Refused, match="is not under the publisher's authorities"):
        verify(bundle, model, authority)


def test_a_key_that_oms_does_not_sign_with_is_refused(model: Path) -> None:
    authority, lab = Authority(), Authority().certify()
    strange = authority.certify(key=rsa.generate_private_key(65537, 2048))
    bundle = Credential(lab.key, strange.chain).sign(model_statement(directory_files(model)))
    with pytest.raises(Refused, match="is not one of secp256r1, secp384r1, secp521r1, which OMS signs with"):
        verify(bundle, model, authority)


def test_somebody_elses_certificate_is_no_signature(model: Path) -> None:
    authority = Authority()
    mallory, lab = Authority().certify(), authority.certify()
    bundle = Credential(mallory.key, lab.chain).sign(model_statement(directory_files(model)))
    with pytest.raises(Refused, match=f"model.sig is not signed by the key in the certificate of '{IDENTITY}'"):
        verify(bundle, model, authority)


def test_other_files_than_those_signed_are_refused(model: Path) -> None:
    authority = Authority()
    bundle = sign_by_certificate(model, authority.certify())
    (model / "adapter.safetensors").write_bytes(b"more")
    with pytest.raises(Refused, match="adapter.safetensors is not among the files that model.sig signs"):
        verify(bundle, model, authority)
    (model / "model.safetensors").write_bytes(b"other weights")
    (model / "adapter.safetensors").unlink()
    with pytest.raises(Refused, match="model.safetensors is not the file that model.sig signs"):
        verify(bundle, model, authority)


def changed(bundle: bytes, *path: str | int, value: Any) -> bytes:
    """A bundle with one thing put into it."""
    document = json.loads(bundle)
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return json.dumps(document).encode()


def test_a_statement_of_another_kind_is_refused(model: Path) -> None:
    authority = Authority()
    statement = {**model_statement(directory_files(model)), "predicateType": "https://slsa.dev/provenance/v1"}
    with pytest.raises(Refused, match=r"model.sig holds a 'https://slsa.dev/provenance/v1'"):
        verify(authority.certify().sign(statement), model, authority)


def test_a_byte_of_payload_signature_or_certificates_may_not_differ(model: Path) -> None:
    authority = Authority()
    bundle = sign_by_certificate(model, authority.certify())
    document = json.loads(bundle)
    envelope = document["dsseEnvelope"]
    certificates = document["verificationMaterial"]["x509CertificateChain"]["certificates"]
    texts = [envelope["payload"], envelope["signatures"][0]["sig"], *(one["rawBytes"] for one in certificates)]
    for text in texts:
        for at in range(3, len(text) - 4, 37):
            other = text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]
            with pytest.raises((Refused, MalformedEvidence)):
                verify(bundle.replace(text.encode(), other.encode()), model, authority)


def test_a_bundle_with_one_certificate_alone_is_read_too(model: Path) -> None:
    authority = Authority()
    credential = authority.certify()
    raw = {"rawBytes": b64(credential.chain[0].public_bytes(Encoding.DER))}
    bundle = changed(sign_by_certificate(model, credential), "verificationMaterial", value={"certificate": raw})
    assert verify(bundle, model, pem(authority.intermediate)).by.identity == IDENTITY


@pytest.mark.parametrize(
    ("material", "error", "told"),
    [
        ({"publicKey": {"hint": ""}}, Refused, "is not signed by a certificate under an authority, but by a key"),
        ({"certificate": {}, "tlogEntries": [{}]}, Refused, "but by a Sigstore identity"),
        ({}, MalformedEvidence, "brings no certificates"),
        ({"x509CertificateChain": {"certificates": []}}, MalformedEvidence, "it brings 0 certificates, not 1 to 10"),
        ({"x509CertificateChain": {"certificates": [{}] * 11}}, MalformedEvidence, "it brings 11 certificates"),
        ({"x509CertificateChain": {"certificates": 3}}, MalformedEvidence, "brings no certificates that can be read"),
        ({"x509CertificateChain": []}, MalformedEvidence, "brings no certificates that can be read"),
        ({"certificate": {"rawBytes": "AAAA"}}, MalformedEvidence, "brings no certificates that can be read"),
        ({"certificate": "AAAA"}, MalformedEvidence, "brings no certificates that can be read"),
        ([], MalformedEvidence, "it has no material"),
    ],
)
def test_what_brings_no_certificates_is_told(model: Path, material: Any, error: Any, told: str) -> None:
    authority = Authority()
    bundle = changed(sign_by_certificate(model, authority.certify()), "verificationMaterial", value=material)
    with pytest.raises(error, match=told):
        verify(bundle, model, authority)


@pytest.mark.parametrize("anchors", [b"", b"no certificates", b"\xff\xfe"])
def test_authorities_that_are_none_are_told(model: Path, anchors: bytes) -> None:
    bundle = sign_by_certificate(model, Authority().certify())
    with pytest.raises(MalformedEvidence, match="the publisher's authorities are not certificates in PEM"):
        verify(bundle, model, anchors)


SETTINGS = """[req]
distinguished_name = dn
[dn]
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[leaf]
keyUsage = critical, digitalSignature
extendedKeyUsage = codeSigning
authorityKeyIdentifier = keyid
"""


def test_certificates_that_openssl_made_are_those_of_an_authority(model: Path, tmp_path: Path) -> None:
    (tmp_path / "x509.cnf").write_text(SETTINGS)
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-nodes"]

    def openssl(*call: str) -> None:
        subprocess.run(["openssl", *call], cwd=tmp_path, check=True, capture_output=True)

    named = ["-subj", "/O=Example/CN=Example Root", "-days", "30", "-config", "x509.cnf", "-extensions", "root"]
    openssl("req", "-x509", *curve, "-keyout", "root.key", "-out", "root.pem", *named)
    openssl(
        "req", *curve, "-keyout", "key.pem", "-out", "leaf.csr", "-subj", f"/O=Example/CN={LAB}", "-config", "x509.cnf"
    )
    by = ["-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-days", "20"]
    openssl("x509", "-req", "-in", "leaf.csr", *by, "-extfile", "x509.cnf", "-extensions", "leaf", "-out", "leaf.pem")
    key = load_pem_private_key((tmp_path / "key.pem").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    leaf, above = (x509.load_pem_x509_certificate((tmp_path / name).read_bytes()) for name in ("leaf.pem", "root.pem"))
    bundle = sign_by_certificate(model, Credential(key, (leaf, above)))
    time = stated(leaf.not_valid_before_utc)
    assert verify(bundle, model, pem(above), time=time).by.identity == IDENTITY
    with pytest.raises(Refused, match="is that of 'cn:Example Lab'"):
        verify(bundle, model, pem(above), "cn:Example Root", time)
