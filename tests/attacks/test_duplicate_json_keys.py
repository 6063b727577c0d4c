"""A document with a key twice says two things: readers take the first value or the last (CVE-2017-12635)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from attacks.envelopes import envelope_of, lenient, signature
from pedigree.step.canonical import canonical_json
from pedigree.trust import envelope, root, signed
from pedigree.trust.envelope import encode_base64, open_envelope, pae, sign_envelope
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.root import first_root
from trust.office import Office


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


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
