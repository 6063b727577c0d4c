from __future__ import annotations

import base64
import json

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey  # type: ignore[attr-defined]

from pedigree.step.canonical import canonical_json
from pedigree.trust.envelope import open_bundle, open_envelope, sign_bundle, sign_envelope
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.public import PublicKey
from pedigree.trust.signers import load_signer, signer_public_key
from trust.builder import make_key

DOCUMENT = {"_type": "link", "name": "x"}


@pytest.fixture
def envelope(uri: str, public: PublicKey) -> bytes:
    return sign_envelope(DOCUMENT, load_signer(uri, public))


@pytest.fixture
def bundle(uri: str, public: PublicKey) -> bytes:
    return sign_bundle(DOCUMENT, load_signer(uri, public), public)


def test_what_was_signed_is_read_back(envelope: bytes, bundle: bytes, public: PublicKey) -> None:
    assert open_envelope(envelope, public, "x") == DOCUMENT
    assert open_bundle(bundle, public, "x") == DOCUMENT


def test_securesystemslib_verifies_the_envelope(envelope: bytes, bundle: bytes, public: PublicKey) -> None:
    document = public.to_json()
    key = SSlibKey.from_dict(document.pop("keyid"), document)
    Envelope.from_dict(json.loads(envelope)).verify([key], 1)
    Envelope.from_dict(json.loads(bundle)["dsseEnvelope"]).verify([key], 1)


def test_the_key_is_named_and_described_as_securesystemslib_does(public: PublicKey) -> None:
    key = SSlibKey.from_crypto(load_pem_public_key(public.pem.encode()))
    assert public.keyid == key.keyid
    assert public.to_json() == {**key.to_dict(), "keyid": key.keyid}


def test_another_key_is_refused(envelope: bytes, bundle: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = signer_public_key(make_key(tmp_path_factory.mktemp("k") / "other.pem"))
    with pytest.raises(Refused, match="not signed by this key"):
        open_envelope(envelope, other, "x")
    with pytest.raises(Refused, match="does not name this key"):
        open_bundle(bundle, other, "x")


def test_no_single_byte_can_differ(envelope: bytes, bundle: bytes, public: PublicKey) -> None:
    for data, opened in ((envelope, open_envelope), (bundle, open_bundle)):
        for at in range(len(data)):
            for bit in (1, 0x20):
                changed = data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :]
                with pytest.raises((MalformedEvidence, Refused)):
                    opened(changed, public, "x")


def test_base64_that_decodes_to_the_signed_bytes_but_is_written_otherwise_is_refused(
    uri: str, public: PublicKey
) -> None:
    # A name of this length makes a payload whose base64 ends in "==", which leaves four spare bits before it.
    names = ("x" * length for length in range(3))
    envelopes = (json.loads(sign_envelope({"name": name}, load_signer(uri, public))) for name in names)
    envelope = next(each for each in envelopes if each["payload"].endswith("=="))
    payload = envelope["payload"]
    spare = payload[:-3] + chr(ord(payload[-3]) + 1) + "=="
    assert base64.b64decode(spare) == base64.b64decode(payload)
    for other in (spare, payload + "\n", payload + "!", payload.rstrip("=")):
        with pytest.raises(MalformedEvidence):
            open_envelope(canonical_json({**envelope, "payload": other}), public, "x")


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[: len(text) // 2],
        lambda text: text + b" ",
        lambda text: text.replace(b'"payload":', b'"payload":"","payload":', 1),
        lambda text: text.replace(b'{"payload"', b'{"note":"x","payload"', 1),
        lambda text: b"[]",
        lambda text: b"\xff\xfe",
        lambda text: text.replace(b"vnd.in-toto+json", b"vnd.other+json", 1),
        lambda text: text.replace(b'"signatures":[{', b'"signatures":[{"a":1,', 1),
        lambda text: b'{"payload":"","payloadType":"","signatures":[]}',
    ],
)
def test_other_ways_of_writing_are_refused(envelope: bytes, public: PublicKey, change) -> None:  # type: ignore[no-untyped-def]
    changed = change(envelope)
    assert changed != envelope
    with pytest.raises(MalformedEvidence):
        open_envelope(changed, public, "x")


def test_a_bundle_with_more_or_less_than_it_should_have_is_refused(bundle: bytes, public: PublicKey) -> None:
    document = json.loads(bundle)
    for changed in (
        {**document, "note": "x"},
        {**document, "mediaType": "application/vnd.dev.sigstore.bundle+json;version=0.2"},
        {**document, "dsseEnvelope": "x"},
    ):
        with pytest.raises(MalformedEvidence):
            open_bundle(canonical_json(changed), public, "x")
