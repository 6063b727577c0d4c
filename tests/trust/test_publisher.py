from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pedigree.step.canonical import canonical_json
from pedigree.step.digests import directory_files
from pedigree.trust.envelope import sign_bundle
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.modelsig import model_statement
from pedigree.trust.publisher import PublisherSignature, verify_publisher
from pedigree.trust.publisher_key import KeyHolder
from pedigree.trust.signers import load_signer, signer_public_key
from trust.builder import make_key

CURVES = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}
Change = Callable[[dict[str, Any]], None]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """The files of a model, as its publisher has them."""
    directory = tmp_path / "model"
    directory.mkdir()
    (directory / "config.json").write_text("{}")
    (directory / "model.safetensors").write_bytes(b"weights")
    (directory / "README.md").write_text("# Model\n")
    return directory


def publisher_key(directory: Path, curve: ec.EllipticCurve) -> tuple[Path, bytes]:
    """A private key in a file, and its public half."""
    key = ec.generate_private_key(curve)
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    path = directory / "publisher.pem"
    path.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    (directory / "publisher.pub").write_bytes(key.public_key().public_bytes(pem, form))
    return path, (directory / "publisher.pub").read_bytes()


def by_key(
    bundle: bytes, public: bytes, files: Mapping[str, str], ours: Collection[str], origin: str
) -> PublisherSignature:
    """The signature of whoever holds a key."""
    return verify_publisher(bundle, KeyHolder(public), files, ours, origin)


def stock(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the stock `model_signing`."""
    start = "import sys; from model_signing._cli import main; sys.argv[0] = 'model_signing'; sys.exit(main())"
    call = [sys.executable, "-c", start, *map(str, arguments)]
    return subprocess.run(call, capture_output=True, text=True, check=False)


def stock_signature(model: Path, key: Path) -> bytes:
    signature = model.parent / "model.sig"
    done = stock("sign", "key", model, "--signature", signature, "--private_key", key)
    assert done.returncode == 0, done.stderr
    return signature.read_bytes()


@pytest.mark.parametrize("curve", CURVES)
def test_what_the_stock_tool_signs_is_verified(model: Path, curve: str) -> None:
    key, public = publisher_key(model.parent, CURVES[curve])
    bundle = stock_signature(model, key)
    files = directory_files(model)
    assert by_key(bundle, public, files, [], "model.sig").signed == tuple(sorted(files))
    files.pop("README.md")
    found = by_key(bundle, public, {**files, "corpus.json": "0" * 64}, ["corpus.json"], "model.sig")
    assert (found.unsigned, found.absent) == (("corpus.json",), ("README.md",))


def test_what_is_signed_here_is_verified_here_and_by_the_stock_tool(model: Path) -> None:
    uri = make_key(model.parent / "publisher.pem")
    public = signer_public_key(uri)
    bundle = sign_bundle(model_statement(directory_files(model)), load_signer(uri, public), public)
    (model.parent / "model.sig").write_bytes(bundle)
    (model.parent / "publisher.pub").write_text(public.pem)
    assert by_key(bundle, public.pem.encode(), directory_files(model), [], "model.sig").signed
    call = ("verify", "key", model, "--signature", model.parent / "model.sig", "--public_key")
    assert stock(*call, model.parent / "publisher.pub").returncode == 0


def test_a_file_that_differs_or_that_he_did_not_sign_is_refused(model: Path) -> None:
    key, public = publisher_key(model.parent, CURVES["P-256"])
    bundle = stock_signature(model, key)
    (model / "model.safetensors").write_bytes(b"other weights")
    with pytest.raises(Refused, match="model.safetensors is not the file that model.sig signs"):
        by_key(bundle, public, directory_files(model), ["model.safetensors"], "model.sig")
    (model / "model.safetensors").write_bytes(b"weights")
    (model / "adapter.safetensors").write_bytes(b"more")
    with pytest.raises(Refused, match="adapter.safetensors is not among the files that model.sig signs"):
        by_key(bundle, public, directory_files(model), [], "model.sig")


def test_another_key_is_refused_whether_the_bundle_names_its_own_or_not(model: Path) -> None:
    key, public = publisher_key(model.parent, CURVES["P-256"])
    bundle = stock_signature(model, key)
    _, other = publisher_key(model.parent, CURVES["P-256"])
    with pytest.raises(Refused, match="is signed by another key than the publisher's"):
        by_key(bundle, other, directory_files(model), [], "model.sig")
    hint = bundle.index(b'"hint":"') + len(b'"hint":"')
    unnamed = bundle[:hint] + bundle[hint + 64 :]
    assert by_key(unnamed, public, directory_files(model), [], "model.sig").signed
    with pytest.raises(Refused, match="is not signed by the publisher's key"):
        by_key(unnamed, other, directory_files(model), [], "model.sig")


def test_a_byte_of_the_payload_or_the_signature_may_not_differ(model: Path) -> None:
    key, public = publisher_key(model.parent, CURVES["P-256"])
    bundle = stock_signature(model, key)
    for field in (b'"payload":"', b'"sig":"'):
        at = bundle.index(field) + len(field) + 20
        changed = bundle[:at] + (b"A" if bundle[at : at + 1] != b"A" else b"B") + bundle[at + 1 :]
        with pytest.raises((Refused, MalformedEvidence)):
            by_key(changed, public, directory_files(model), [], "model.sig")


def signed_with(model: Path, change: Change) -> tuple[bytes, bytes]:
    """A validly signed statement that was changed before."""
    uri = make_key(model.parent / "publisher.pem")
    public = signer_public_key(uri)
    statement = model_statement(directory_files(model))
    change(statement)
    return sign_bundle(statement, load_signer(uri, public), public), public.pem.encode()


def _shards(statement: dict[str, Any]) -> None:
    statement["predicate"]["serialization"]["method"] = "shards"


def _blake(statement: dict[str, Any]) -> None:
    statement["predicate"]["serialization"]["hash_type"] = "blake3"


def _other_digest(statement: dict[str, Any]) -> None:
    statement["predicate"]["resources"][0]["algorithm"] = "sha1"


def _twice(statement: dict[str, Any]) -> None:
    statement["predicate"]["resources"].append(statement["predicate"]["resources"][0])


def _other_root(statement: dict[str, Any]) -> None:
    statement["subject"][0]["digest"]["sha256"] = "0" * 64


def _other_kind(statement: dict[str, Any]) -> None:
    statement["predicateType"] = "https://slsa.dev/provenance/v1"


def _no_resources(statement: dict[str, Any]) -> None:
    del statement["predicate"]["resources"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_shards, "by method 'shards' with 'sha256'; verified here are whole files with SHA-256"),
        (_blake, "by method 'files' with 'blake3'"),
        (_other_digest, "by another digest than SHA-256"),
        (_twice, "names a file twice"),
        (_other_root, "about another model than the files that it lists"),
        (_other_kind, "holds a 'https://slsa.dev/provenance/v1'"),
        (_no_resources, "is not an OpenSSF Model Signing bundle"),
    ],
)
def test_statements_of_other_kinds_are_refused_although_they_are_signed(model: Path, change: Change, told: str) -> None:
    bundle, public = signed_with(model, change)
    with pytest.raises((Refused, MalformedEvidence), match=told):
        by_key(bundle, public, directory_files(model), [], "model.sig")


def test_a_keyless_signature_and_what_is_no_signature_are_refused(model: Path) -> None:
    key, public = publisher_key(model.parent, CURVES["P-256"])
    bundle = stock_signature(model, key)
    keyless = bundle.replace(b'"publicKey":{"hint":"', b'"certificate":{"rawBytes":"')
    files = directory_files(model)
    with pytest.raises(Refused, match="model.sig is not signed by a key, but by a certificate without a log"):
        by_key(keyless, public, files, [], "model.sig")
    for data in (b"", b"\xff", bundle[:-5], b"[]", canonical_json({}), b'{"a":1,"a":2}'):
        with pytest.raises(MalformedEvidence, match="model.sig is not"):
            by_key(data, public, files, [], "model.sig")
    with pytest.raises(MalformedEvidence, match="the publisher's key is not a public key"):
        by_key(bundle, b"no key", files, [], "model.sig")
