"""DSSE confusions: an envelope that one reader understands otherwise than another, or than its signer meant.

Payload type (DSSE 1.0, pre-authentication encoding), duplicate key id and a threshold counted twice or not at all
(CVE-2020-6174, CVE-2020-15093, GHSA-fphv-w9fq-2525). test_unknown_algorithm.py and test_duplicate_json_keys.py go on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from attacks.envelopes import envelope_of, lenient, signature
from pedigree.log import head as heads
from pedigree.step.canonical import canonical_json
from pedigree.trust import envelope, root, root_rules, signed
from pedigree.trust.envelope import open_envelope, pae, sign_envelope
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.public import PublicKey
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
