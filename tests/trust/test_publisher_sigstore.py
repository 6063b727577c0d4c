"""Models that publishers signed by an identity, by the stock `model_signing`, in a Sigstore instance of the test."""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pedigree.step.digests import directory_files, sha256_bytes
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.identity import Person
from pedigree.trust.keyless import sign_keyless
from pedigree.trust.modelsig import model_statement
from pedigree.trust.published import PublishedBy
from pedigree.trust.publisher import PublisherSignature, verify_publisher
from pedigree.trust.publisher_certificate import CertifiedPublisher
from pedigree.trust.publisher_key import KeyHolder
from pedigree.trust.publisher_sigstore import SigstorePublisher, public_instance
from pedigree.trust.statement import SUMMARY, statement
from trust.publishers import NOW, Authority, stated, write_model
from trust.signing.certificates import pem
from trust.signing.instance import ISSUER, Instance, running
from trust.stock_publisher import require_by_identity, sign_by_identity

LAB, OTHER = "release@lab.example", "intern@lab.example"


@dataclass(frozen=True)
class Signed:
    """A model, its signature, and the instance in which somebody signed it; the instance is gone by now."""

    model: Path
    bundle: bytes
    config: bytes
    instance: Instance


@pytest.fixture(scope="module", params=[2, 1], ids=["rekor-v2", "rekor-v1"])
def signed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Signed:
    folder = tmp_path_factory.mktemp("instance")
    model = write_model(folder / "model")
    with running(folder, rekor=request.param) as instance:
        bundle = sign_by_identity(model, instance, instance.provider.token(LAB))
        return Signed(model, bundle, instance.config.read_bytes(), instance)


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    """Another instance, that answers."""
    with running(tmp_path) as found:
        yield found


def verify(
    signed: Signed,
    bundle: bytes | None = None,
    *,
    identity: str = LAB,
    issuer: str = ISSUER,
    config: bytes | None = None,
    files: dict[str, str] | None = None,
) -> PublisherSignature:
    publisher = SigstorePublisher(config or signed.config, identity, issuer)
    return verify_publisher(bundle or signed.bundle, publisher, files or directory_files(signed.model), [], "model.sig")


def test_what_the_stock_tool_signs_is_verified_without_a_network(
    signed: Signed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object) -> None:
        raise AssertionError(f"asked the network: {arguments}")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    found = verify(signed)
    assert found.by == PublishedBy("sigstore", LAB, ISSUER, sha256_bytes(signed.config), "")
    assert found.signed == ("README.md", "config.json", "model.safetensors")


def test_what_is_verified_here_is_verified_by_the_stock_tool(signed: Signed) -> None:
    require_by_identity(signed.model, signed.bundle, signed.instance, LAB, ISSUER)


def test_a_trusted_root_alone_is_enough(signed: Signed) -> None:
    root = json.dumps(json.loads(signed.config)["trustedRoot"]).encode()
    assert verify(signed, config=root).by.anchors == sha256_bytes(root)


@pytest.mark.parametrize(
    ("identity", "issuer"),
    [(OTHER, ISSUER), (LAB, f"{ISSUER}/"), (LAB, "https://accounts.example"), ("lab.example", ISSUER), ("", ISSUER)],
)
def test_another_identity_or_issuer_is_refused(signed: Signed, identity: str, issuer: str) -> None:
    with pytest.raises(Refused, match=f"model.sig is not signed by {identity}"):
        verify(signed, identity=identity, issuer=issuer)


def test_whom_another_instance_certified_is_refused(signed: Signed, instance: Instance) -> None:
    with pytest.raises(Refused, match="model.sig is not signed by"):
        verify(signed, config=instance.config.read_bytes())


def test_the_public_instance_is_known_without_a_network_and_vouches_for_nobody_elses(signed: Signed) -> None:
    root = json.loads(public_instance())
    assert any("sigstore.dev" in log["baseUrl"] for log in root["tlogs"]) and root["certificateAuthorities"]
    with pytest.raises(Refused, match="model.sig is not signed by"):
        verify(signed, config=public_instance())


def test_other_files_than_those_signed_are_refused(signed: Signed) -> None:
    files = directory_files(signed.model)
    with pytest.raises(Refused, match="adapter.safetensors is not among the files that model.sig signs"):
        verify(signed, files={**files, "adapter.safetensors": "0" * 64})
    with pytest.raises(Refused, match="config.json is not the file that model.sig signs"):
        verify(signed, files={**files, "config.json": "0" * 64})


def without(signed: Signed, *path: str | int) -> bytes:
    """The bundle with something taken out."""
    document = place = json.loads(signed.bundle)
    for step in path[:-1]:
        place = place[step]
    del place[path[-1]]
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    ("path", "told"),
    [
        (("verificationMaterial", "tlogEntries"), "has no entry of a transparency log"),
        (("verificationMaterial", "tlogEntries", 0), "has no entry of a transparency log"),
        (("verificationMaterial", "tlogEntries", 0, "inclusionProof"), "inclusionProof Field required"),
        (("verificationMaterial", "tlogEntries", 0, "inclusionProof", "checkpoint"), "checkpoint"),
        (("verificationMaterial", "certificate"), "certificate must be set"),
        (("dsseEnvelope",), "(?i)dsse"),
        (("verificationMaterial",), "has no material"),
    ],
)
def test_what_a_bundle_must_bring_may_not_be_missing(signed: Signed, path: tuple[str | int, ...], told: str) -> None:
    with pytest.raises((Refused, MalformedEvidence), match=told):
        verify(signed, without(signed, *path))


def test_a_signature_whose_time_nobody_vouches_for_is_refused(signed: Signed) -> None:
    document = json.loads(signed.bundle)
    document["verificationMaterial"].pop("timestampVerificationData", None)
    for entry in document["verificationMaterial"]["tlogEntries"]:
        entry.pop("inclusionPromise", None)
    with pytest.raises((Refused, MalformedEvidence), match="inclusion promise or signed timestamp|verified time"):
        verify(signed, json.dumps(document).encode())


def test_a_byte_of_payload_signature_proof_or_certificate_may_not_differ(signed: Signed) -> None:
    document = json.loads(signed.bundle)
    material, envelope = document["verificationMaterial"], document["dsseEnvelope"]
    (entry,) = material["tlogEntries"]
    texts = [envelope["payload"], envelope["signatures"][0]["sig"], material["certificate"]["rawBytes"]]
    texts += [entry["canonicalizedBody"], entry["inclusionProof"]["rootHash"]]
    for text in texts:
        for at in range(3, len(text) - 4, max(1, len(text) // 12)):
            other = text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]
            with pytest.raises((Refused, MalformedEvidence)):
                verify(signed, signed.bundle.replace(text.encode(), other.encode()))


def test_the_entry_of_another_signature_is_refused(instance: Instance, tmp_path: Path) -> None:
    model = write_model(tmp_path / "model")
    bundles = [json.loads(sign_by_identity(model, instance, instance.provider.token(LAB))) for _ in range(2)]
    for name in ("tlogEntries", "certificate"):
        mixed = {**bundles[0]["verificationMaterial"], name: bundles[1]["verificationMaterial"][name]}
        document = {**bundles[0], "verificationMaterial": mixed}
        with pytest.raises(Refused, match="is not signed by"):
            verify(Signed(model, json.dumps(document).encode(), instance.config.read_bytes(), instance))


def test_a_signature_logged_after_its_certificate_expired_is_refused(tmp_path: Path) -> None:
    model = write_model(tmp_path / "model")
    with running(tmp_path, rekor=1, late=3600) as instance:
        bundle = sign_by_identity(model, instance, instance.provider.token(LAB))
        with pytest.raises(Refused, match="is not signed by"):
            verify(Signed(model, bundle, instance.config.read_bytes(), instance))


def test_a_statement_of_another_kind_is_refused(instance: Instance, tmp_path: Path) -> None:
    model = write_model(tmp_path / "model")
    said = statement(directory_files(model), SUMMARY, {"meaning": "it is fine"})
    bundle = sign_keyless(said, Person(instance.config, LAB, ISSUER), instance.provider.token(LAB))
    with pytest.raises(Refused, match="model.sig holds a 'https://slsa.dev/verification_summary/v1'"):
        verify(Signed(model, bundle, instance.config.read_bytes(), instance))


def test_one_kind_of_signature_cannot_pass_for_another(signed: Signed) -> None:
    files = directory_files(signed.model)
    certificate = Authority().certify().sign(model_statement(files))
    with pytest.raises(Refused, match="has no entry of a transparency log"):
        verify(signed, certificate)
    with pytest.raises(Refused, match="is not signed by a Sigstore identity, but by a key"):
        verify(signed, json.dumps({"verificationMaterial": {"publicKey": {}}}).encode())
    form = PublicFormat.SubjectPublicKeyInfo
    public = Authority().key.public_key().public_bytes(Encoding.PEM, form)
    with pytest.raises(Refused, match="is not signed by a key, but by a Sigstore identity"):
        verify_publisher(signed.bundle, KeyHolder(public), files, [], "model.sig")


def test_a_certificate_of_minutes_counts_with_its_log_alone(signed: Signed) -> None:
    """Somebody takes the log out, names Sigstore's authority as any other, and states a time in its minutes."""
    files = directory_files(signed.model)
    publisher = CertifiedPublisher(pem(signed.instance.fulcio.root), f"email:{LAB}", stated(NOW))
    with pytest.raises(Refused, match="not signed by a certificate under an authority, but by a Sigstore identity"):
        verify_publisher(signed.bundle, publisher, files, [], "model.sig")
    bare = without(signed, "verificationMaterial", "tlogEntries")
    with pytest.raises(Refused, match="brings a certificate of Sigstore's, but no entry of its log"):
        verify_publisher(bare, publisher, files, [], "model.sig")


@pytest.mark.parametrize("config", [b"{", b"[]", b"{}", b"\xff", b'{"a":1,"a":2}', b'{"mediaType":"other"}'])
def test_what_is_no_trust_config_is_told(signed: Signed, config: bytes) -> None:
    with pytest.raises(MalformedEvidence, match="the publisher's trust config is n"):
        verify(signed, config=config)


def test_the_payload_names_every_file_by_its_digest(signed: Signed) -> None:
    payload = json.loads(base64.b64decode(json.loads(signed.bundle)["dsseEnvelope"]["payload"]))
    listed = {entry["name"]: entry["digest"] for entry in payload["predicate"]["resources"]}
    assert listed == directory_files(signed.model)
