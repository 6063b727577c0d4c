"""DSSE confusions: an envelope that one reader understands otherwise than another, or than its signer meant.

Payload type (DSSE 1.0, pre-authentication encoding), duplicate key id and a threshold counted twice or not at all
(CVE-2020-6174, CVE-2020-15093, GHSA-fphv-w9fq-2525), unknown algorithms (CVE-2015-9235, CVE-2022-21449), duplicate JSON
keys (CVE-2017-12635).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from securesystemslib.signer import SSlibKey  # type: ignore[attr-defined]

from pedigree.log import head as heads
from pedigree.step.canonical import canonical_json
from pedigree.trust import envelope, root, root_rules, signed, statement
from pedigree.trust.envelope import encode_base64, open_envelope, pae, sign_envelope
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.public import PublicKey, public_key
from pedigree.trust.root import Holder, Role, TrustRoot, first_root
from pedigree.trust.signed import Signed, add_signature, parse_signed, unsigned
from trust.office import Office

HEAD = {"schema": heads.SCHEMA, "log": "ab" * 32, "size": 3, "last": "cd" * 32, "time": "2026-11-20T09:00:00Z"}


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


@pytest.fixture
def two_owners(office: Office) -> TrustRoot:
    """A root that takes both owners."""
    return office.root(owners=2)


def envelope_of(payload: bytes, payload_type: str, *signatures: tuple[str, bytes]) -> bytes:
    """An envelope as an attacker writes it."""
    listed = [{"keyid": keyid, "sig": encode_base64(signature)} for keyid, signature in signatures]
    return canonical_json({"payload": encode_base64(payload), "payloadType": payload_type, "signatures": listed})


def signature(office: Office, name: str, data: bytes) -> bytes:
    return bytes.fromhex(office.signer(name).sign(data).signature)


def relabelled(office: Office) -> tuple[bytes, Mapping[str, PublicKey]]:
    """A link that somebody signed, in the envelope of a log's head."""
    key = office.key("Olga")
    written = json.loads(sign_envelope(HEAD, office.signer("Olga")))
    return canonical_json({**written, "payloadType": heads.PAYLOAD_TYPE}), {key.keyid: key}


def test_another_payload_type_is_found_by_the_signature_over_the_type(office: Office) -> None:
    data, keys = relabelled(office)
    with pytest.raises(Refused, match="has 0 of the 1 signatures"):
        heads.open_head(data, keys, "the head")


def test_with_the_type_outside_of_the_signature_it_gets_through(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (envelope, signed):
        monkeypatch.setattr(module, "pae", lambda payload, payload_type="": payload)
    data, keys = relabelled(office)
    assert heads.open_head(data, keys, "the head").head.size == 3


def unasked(office: Office) -> bytes:
    """The head of a log, validly signed, where something else is expected."""
    return add_signature(unsigned(HEAD, heads.PAYLOAD_TYPE), office.signer("Olga")).to_bytes()


def test_a_payload_type_that_was_not_asked_for_is_found_by_reading_it_and_behind_that_by_the_signature(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, key = unasked(office), office.key("Olga")
    with pytest.raises(MalformedEvidence, match="holds a 'application/vnd.pedigree.log-head"):
        open_envelope(data, key, "the link")
    with monkeypatch.context() as off:
        off.setattr(envelope, "pae", lambda payload, payload_type="": payload)
        with pytest.raises(MalformedEvidence, match="holds a 'application/vnd.pedigree.log-head"):
            open_envelope(data, key, "the link")
    monkeypatch.setattr(envelope, "require_type", lambda *_: None)
    with pytest.raises(Refused, match="the link is not signed by this key"):
        open_envelope(data, key, "the link")
    monkeypatch.setattr(envelope, "pae", lambda payload, payload_type="": pae(payload, heads.PAYLOAD_TYPE))
    with pytest.raises(MalformedEvidence, match="the link is not canonical JSON"):
        open_envelope(data, key, "the link")
    monkeypatch.setattr(envelope, "_require_written", lambda *_: None)
    assert open_envelope(data, key, "the link") == HEAD


def test_the_same_among_several_signatures_is_found_by_reading_it_and_behind_that_by_how_it_is_written(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, keys = unasked(office), {office.key("Olga").keyid: office.key("Olga")}
    with pytest.raises(MalformedEvidence, match="holds a 'application/vnd.pedigree.log-head"):
        parse_signed(data, root.PAYLOAD_TYPE, "the root")
    monkeypatch.setattr(signed, "require_type", lambda *_: None)
    with pytest.raises(MalformedEvidence, match="is not written as its signers write"):
        parse_signed(data, root.PAYLOAD_TYPE, "the root")
    # A reader that minds neither has a signature that does not hold, until it is over no type.
    assert lenient(data, root.PAYLOAD_TYPE, "the root").signers(keys) == frozenset()
    monkeypatch.setattr(signed, "pae", lambda payload, payload_type="": pae(payload, heads.PAYLOAD_TYPE))
    assert lenient(data, root.PAYLOAD_TYPE, "the root").signers(keys) == keys.keys()


def signed_twice(office: Office, document: TrustRoot) -> bytes:
    """A root that one owner signed twice, the second time with other random numbers."""
    payload = canonical_json(document.to_json())
    data = pae(payload, root.PAYLOAD_TYPE)
    private = serialization.load_pem_private_key((office.directory / "Olga.pem").read_bytes(), None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    again = private.sign(data, ec.ECDSA(hashes.SHA256()))
    keyid = office.key("Olga").keyid
    return envelope_of(payload, root.PAYLOAD_TYPE, (keyid, signature(office, "Olga", data)), (keyid, again))


def test_a_duplicate_key_id_is_found_by_reading_the_signatures(office: Office, two_owners: TrustRoot) -> None:
    with pytest.raises(MalformedEvidence, match="has two signatures of one key"):
        first_root(signed_twice(office, two_owners), "the root")


def lenient(data: bytes, payload_type: str, origin: str) -> Signed:
    """A reader that does not mind duplicates; the last signature of a key stands for it."""
    written = json.loads(data)
    signatures = {entry["keyid"]: envelope.decode_base64(entry["sig"]).hex() for entry in written["signatures"]}
    return Signed(json.loads(envelope.decode_base64(written["payload"])), payload_type, signatures)


def test_with_duplicates_read_what_two_readers_see_differently_gets_through(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The first reader to stop at the first signature of a key refuses it, one that goes by the last takes it.
    payload = canonical_json(office.root().to_json())
    good = signature(office, "Olga", pae(payload, root.PAYLOAD_TYPE))
    keyid = office.key("Olga").keyid
    data = envelope_of(payload, root.PAYLOAD_TYPE, (keyid, good[::-1]), (keyid, good))
    with pytest.raises(MalformedEvidence, match="has two signatures of one key"):
        first_root(data, "the root")
    monkeypatch.setattr(root, "parse_signed", lenient)
    assert first_root(data, "the root") == office.root()


def test_a_threshold_counted_twice_is_found_by_counting_keys(
    office: Office, two_owners: TrustRoot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(root, "parse_signed", lenient)  # which alone would have found it
    with pytest.raises(Refused, match="has 1 of the 2 signatures that it needs"):
        first_root(signed_twice(office, two_owners), "the root")


def test_with_signatures_counted_in_place_of_keys_it_gets_through(
    office: Office, two_owners: TrustRoot, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = signed_twice(office, two_owners)
    listed = [entry["keyid"] for entry in json.loads(data)["signatures"]]
    monkeypatch.setattr(root, "parse_signed", lenient)
    monkeypatch.setattr(Signed, "signers", lambda self, keys: [keyid for keyid in listed if keyid in keys])
    assert first_root(data, "the root") == two_owners


def under_two_ids(office: Office, document: TrustRoot) -> bytes:
    """A root that lists one owner's key a second time, under an id that is not computed from it, and her signature."""
    olga, alias = office.key("Olga"), "0" * 64
    owners = Role(frozenset([olga.keyid, alias]), 2)
    twice = replace(
        document,
        holders={**document.holders, alias: Holder("Otto's new key", olga)},
        roles={**document.roles, "owner": owners},
    )
    payload = canonical_json(twice.to_json())
    written = signature(office, "Olga", pae(payload, root.PAYLOAD_TYPE))
    return envelope_of(payload, root.PAYLOAD_TYPE, (alias, written), (olga.keyid, written))


def test_one_key_under_two_ids_is_found_by_computing_the_ids(office: Office, two_owners: TrustRoot) -> None:
    with pytest.raises(MalformedEvidence, match='lists the key of "Otto\'s new key" under the id of another'):
        first_root(under_two_ids(office, two_owners), "the root")


def test_with_ids_believed_it_gets_through(
    office: Office, two_owners: TrustRoot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(root_rules, "_holder_faults", lambda document: iter(()))
    assert first_root(under_two_ids(office, two_owners), "the root").roles["owner"].threshold == 2


def test_a_threshold_of_nobody_is_found_by_reading_the_roles(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    data = unsigned(office.root(owners=0).to_json(), root.PAYLOAD_TYPE).to_bytes()
    with pytest.raises(MalformedEvidence, match="takes no signature for the role owner"):
        first_root(data, "the root")
    monkeypatch.setattr(root_rules, "_role_faults", lambda document: iter(()))
    assert first_root(data, "the root").version == 1


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


def with_a_key_twice(office: Office) -> bytes:
    """A link that says two things: readers take the first value or the last."""
    payload = b'{"_type":"link","products":{"model":"good"},"products":{"model":"bad"}}'
    data = envelope.pae(payload)
    return envelope_of(payload, envelope.PAYLOAD_TYPE, (office.key("Olga").keyid, signature(office, "Olga", data)))


def test_duplicate_json_keys_are_found_by_reading_the_document(office: Office) -> None:
    with pytest.raises(MalformedEvidence, match="duplicate key 'products'"):
        open_envelope(with_a_key_twice(office), office.key("Olga"), "the link")


def test_with_any_json_read_they_get_through(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(envelope, "canonical_document", lambda data, origin: json.loads(data))
    read = open_envelope(with_a_key_twice(office), office.key("Olga"), "the link")
    assert read["products"] == {"model": "bad"}


def test_duplicate_keys_around_a_document_are_found_by_how_it_is_written(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The payload of another link stands first: readers verify one of the two, and go on with the other."""
    other = canonical_json({"payload": encode_base64(b"{}")})[:-1]
    data = other + b"," + sign_envelope({"_type": "link"}, office.signer("Olga"))[1:]
    with pytest.raises(MalformedEvidence, match="duplicate key 'payload'"):
        open_envelope(data, office.key("Olga"), "the link")
    monkeypatch.setattr(envelope, "_require_written", lambda *_: None)
    assert open_envelope(data, office.key("Olga"), "the link") == {"_type": "link"}


def test_duplicate_keys_in_a_trust_root_are_found_by_reading_it_and_behind_that_by_its_signatures(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = canonical_json(office.root().to_json())
    payload = written.replace(b'"note":', b'"note":"another","note":')
    signed_so = signature(office, "Olga", pae(payload, root.PAYLOAD_TYPE))
    data = envelope_of(payload, root.PAYLOAD_TYPE, (office.key("Olga").keyid, signed_so))
    with pytest.raises(MalformedEvidence, match="duplicate key 'note'"):
        first_root(data, "the root")
    # A reader of any JSON holds the signature against what it read, written in the one way.
    monkeypatch.setattr(root, "parse_signed", lenient)
    with pytest.raises(Refused, match="has 0 of the 1 signatures"):
        first_root(data, "the root")
    monkeypatch.setattr(signed, "canonical_json", lambda _: payload)
    assert first_root(data, "the root") == office.root()
