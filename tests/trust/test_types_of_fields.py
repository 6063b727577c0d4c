"""Well-formed JSON whose fields are of other types than their readers count on: malformed, whoever signed it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pedigree.step.canonical import canonical_json, parse_json
from pedigree.trust.decisions import open_approval, open_revocation
from pedigree.trust.entry import parse_entry
from pedigree.trust.envelope import decode_base64, encode_base64, sign_bundle
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.plan import parse_plan
from pedigree.trust.root import PAYLOAD_TYPE as ROOT_TYPE
from pedigree.trust.root import parse_root
from pedigree.trust.signed import add_signature, unsigned
from pedigree.trust.snapshot import PAYLOAD_TYPE as SNAPSHOT_TYPE
from pedigree.trust.snapshot import parse_snapshot
from trust.office import Office
from trust.plans import demo_plan
from trust.published import put_in_force

OTHERS: tuple[Any, ...] = (5, None, True, [], [["a"]], {}, {"a": 5}, "", "words", "\x1b")
Reader = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    office = Office(tmp_path_factory.mktemp("office"))
    put_in_force(office)
    office.revoke("Quentin", "dataset", {"datasets/x": "9f" * 32})
    return office


def document_in(data: bytes) -> dict[str, Any]:
    """What is signed in a file."""
    envelope = json.loads(data)
    document: dict[str, Any] = json.loads(decode_base64(envelope.get("dsseEnvelope", envelope)["payload"]))
    return document


def changed(document: Any) -> Iterator[None]:
    """Change each field of a document, however deep, in turn to a value of each of the other types."""
    for at in list(document if isinstance(document, dict) else range(len(document))):
        kept = document[at]
        for other in OTHERS:
            document[at] = other
            if type(other) is not type(kept) or other != kept:
                yield
        document[at] = kept
        if isinstance(kept, (dict, list)):
            yield from changed(kept)


def documents(office: Office) -> dict[str, tuple[dict[str, Any], Reader]]:
    """Name -> document and how it is read."""
    root = office.root()
    find = {path.partition("/")[0]: data for path, data in office.files.items() if path.endswith(".sigstore.json")}
    entry = next(data for path, data in office.files.items() if path.endswith("entry.json"))

    def signed(document: dict[str, Any], payload_type: str) -> bytes:
        return add_signature(unsigned(document, payload_type), office.signer("Olga")).to_bytes()

    def bundle(document: dict[str, Any], by: str) -> bytes:
        return sign_bundle(document, office.signer(by), office.key(by))

    approver = document_in(find["approvals"])["predicate"]["signature"]["name"]
    return {
        "root": (document_in(office.files["root/1.json"]), lambda it: parse_root(signed(it, ROOT_TYPE), "it")),
        "snapshot": (
            document_in(office.files["snapshot.json"]),
            lambda it: parse_snapshot(signed(it, SNAPSHOT_TYPE), "it"),
        ),
        "approval": (document_in(find["approvals"]), lambda it: open_approval(bundle(it, approver), root, "it")),
        "revocation": (document_in(find["revocations"]), lambda it: open_revocation(bundle(it, "Quentin"), root, "it")),
        "entry": (parse_json(entry, "entry"), lambda it: parse_entry(canonical_json(it), "it")),
        "plan": (demo_plan().to_json(), lambda it: parse_plan(it, "it")),
    }


@pytest.mark.parametrize("name", ["root", "snapshot", "approval", "revocation", "entry", "plan"])
def test_a_field_of_another_type_is_malformed_evidence(office: Office, name: str) -> None:
    document, read = documents(office)[name]
    read(document)
    refused = 0
    for _ in changed(document):
        try:
            read(document)
        except (MalformedEvidence, Refused):
            refused += 1
    assert refused > len(OTHERS)


def test_half_a_surrogate_pair_is_malformed_evidence(tmp_path: Path) -> None:
    office = Office(tmp_path)
    put_in_force(office)
    envelope = json.loads(office.files["root/1.json"])
    payload = decode_base64(envelope["payload"]).replace(b'"note":"', b'"note":"\\ud800', 1)
    envelope["payload"] = encode_base64(payload)
    with pytest.raises(MalformedEvidence):
        parse_root(canonical_json(envelope), "it")
