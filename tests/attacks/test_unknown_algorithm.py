"""An algorithm that not all readers agreed on: of a key, of a signature, of a digest; or a signature that is none.

CVE-2015-9235 (an algorithm that the message names), CVE-2022-21449 (a signature of zeros).
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from securesystemslib.signer import SSlibKey  # type: ignore[attr-defined]

from attacks.envelopes import envelope_of, lenient
from pedigree.step.canonical import canonical_json
from pedigree.trust import envelope, root, statement
from pedigree.trust.envelope import open_envelope, pae, sign_envelope
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.public import PublicKey, public_key
from pedigree.trust.root import Holder, Role, first_root
from trust.office import Office


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def weakly_signed(office: Office) -> tuple[bytes, Any]:
    """A root whose owner has a key on another curve than all readers agreed on, signed with it."""
    private = ec.generate_private_key(ec.SECP384R1())
    public = private.public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    pem = public.public_bytes(serialization.Encoding.PEM, form).decode()
    keyid = SSlibKey.from_crypto(public).keyid
    key, document = PublicKey(pem, keyid), office.root()
    holders = {**document.holders, keyid: Holder("Mallory", key)}
    changed = replace(document, holders=holders, roles={**document.roles, "owner": Role(frozenset([keyid]), 1)})
    payload = canonical_json(changed.to_json())
    data = pae(payload, root.PAYLOAD_TYPE)
    return envelope_of(payload, root.PAYLOAD_TYPE, (keyid, private.sign(data, ec.ECDSA(hashes.SHA256())))), key


def test_an_unknown_algorithm_of_a_key_is_found_by_reading_the_key(office: Office) -> None:
    data, _ = weakly_signed(office)
    with pytest.raises(MalformedEvidence, match="the key of Mallory is not an ECDSA key on P-256"):
        first_root(data, "the root")


def test_with_any_key_read_it_gets_through(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    data, weak = weakly_signed(office)
    monkeypatch.setattr(
        root, "public_key", lambda pem, origin: weak if pem == weak.pem.encode() else public_key(pem, origin)
    )
    assert weak.keyid in first_root(data, "the root").roles["owner"].keyids


ALGORITHMS = pytest.mark.parametrize("algorithm", ["none", "sha1", "HS256"])


@ALGORITHMS
def test_an_algorithm_that_the_envelope_names_is_found_by_its_fields_and_behind_that_by_how_it_is_written(
    office: Office, algorithm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = json.loads(sign_envelope({"_type": "link"}, office.signer("Olga")))
    written["signatures"][0]["alg"] = algorithm
    data, key = canonical_json(written), office.key("Olga")
    with monkeypatch.context() as off:
        off.setattr(envelope, "_require_written", lambda *_: None)
        with pytest.raises(MalformedEvidence, match="has fields that a DSSE envelope does not have"):
            open_envelope(data, key, "the link")
    monkeypatch.setattr(envelope, "_require_fields", lambda *_: None)
    with pytest.raises(MalformedEvidence, match="the link is not canonical JSON"):
        open_envelope(data, key, "the link")
    monkeypatch.setattr(envelope, "_require_written", lambda *_: None)
    assert open_envelope(data, key, "the link") == {"_type": "link"}


@ALGORITHMS
def test_an_algorithm_among_several_signatures_is_found_by_how_they_are_written(
    office: Office, algorithm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = json.loads(office.sign(root.draft(office.root()), "Olga"))
    written["signatures"][0]["alg"] = algorithm
    data = canonical_json(written)
    with pytest.raises(MalformedEvidence, match="is not written as its signers write"):
        first_root(data, "the root")
    monkeypatch.setattr(root, "parse_signed", lenient)
    assert first_root(data, "the root") == office.root()


def blank(office: Office) -> bytes:
    """A root that nobody signed, under a signature of two zeros."""
    keyid = office.key("Olga").keyid
    return envelope_of(canonical_json(office.root().to_json()), root.PAYLOAD_TYPE, (keyid, encode_dss_signature(0, 0)))


def test_a_signature_of_zeros_is_found_by_verifying_it(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Refused, match="has 0 of the 1 signatures"):
        first_root(blank(office), "the root")
    monkeypatch.setattr(PublicKey, "verifies", lambda self, signature, data: True)
    assert first_root(blank(office), "the root") == office.root()


def test_an_unknown_digest_algorithm_is_found_by_the_form_of_statements(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {
        "_type": statement.STATEMENT,
        "subject": [{"name": "model.safetensors", "digest": {"md5": "d41d8cd98f00b204e9800998ecf8427e"}}],
        "predicateType": statement.PROVENANCE,
        "predicate": {},
    }
    with pytest.raises(MalformedEvidence, match="the digest of 'model.safetensors' is not one SHA-256"):
        statement.check_statement(said, "x")
    monkeypatch.setattr(statement, "_check_digests", lambda *_: None)
    statement.check_statement(said, "x")
