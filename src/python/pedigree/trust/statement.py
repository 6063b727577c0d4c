"""in-toto Statements v1, and the checks that both the writer and the reader of one apply.

The stock validators let `{"sha256": "zz"}` pass and rewrite numbers, so statements are serialised and checked here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from pedigree.trust.errors import MalformedEvidence

STATEMENT = "https://in-toto.io/Statement/v1"
PROVENANCE = "https://slsa.dev/provenance/v1"
TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"
SUMMARY = "https://slsa.dev/verification_summary/v1"
MODEL_SIGNATURE = "https://model_signing/signature/v1.0"
APPROVAL = "https://pedigree/approval/v1"
REVOCATION = "https://pedigree/revocation/v1"
STANDING = "https://pedigree/standing/v1"
PREDICATES = frozenset({PROVENANCE, TEST_RESULT, SUMMARY, MODEL_SIGNATURE, APPROVAL, REVOCATION, STANDING})

_SHA256 = re.compile("[0-9a-f]{64}")


def is_sha256(value: object) -> bool:
    """Whether `value` is a SHA-256 in lower-case hex."""
    return isinstance(value, str) and _SHA256.fullmatch(value) is not None


def statement(subject: Mapping[str, str], predicate_type: str, predicate: dict[str, Any]) -> dict[str, Any]:
    """A statement about files.

    Args:
        subject: Name -> sha256 of what the statement is about.
        predicate_type: One of `PREDICATES`.
        predicate: What is said.

    Raises:
        MalformedEvidence: As `check_statement`.
    """
    subjects = [descriptor(name, subject[name]) for name in sorted(subject)]
    document = {"_type": STATEMENT, "subject": subjects, "predicateType": predicate_type, "predicate": predicate}
    check_statement(document, "the statement")
    return document


def descriptor(name: str, sha256: str, **annotations: str) -> dict[str, Any]:
    """A resource descriptor: a file by name and digest."""
    described: dict[str, Any] = {"name": name, "digest": {"sha256": sha256}}
    return {**described, "annotations": annotations} if annotations else described


def check_statement(
    document: Mapping[str, Any], origin: str, predicate_type: str | None = None, checked: Collection[int] = ()
) -> None:
    """Check shape, predicate type and every digest of a statement.

    Args:
        document: The statement.
        origin: What to call it in an error.
        predicate_type: What it must be of; any known type when None.
        checked: Identities of lists in it whose digests were checked before.

    Raises:
        MalformedEvidence: A field is missing or unknown, a digest is no lower-case SHA-256, or the type is another.
    """
    if set(document) != {"_type", "subject", "predicateType", "predicate"} or document["_type"] != STATEMENT:
        raise MalformedEvidence(f"{origin} is not an in-toto Statement v1")
    kind = document["predicateType"]
    if not isinstance(kind, str) or kind not in PREDICATES or kind != (predicate_type or kind):
        expected = predicate_type or "one that is known"
        raise MalformedEvidence(f"{origin} has the predicate type {kind!r}, not {expected}")
    subjects = document["subject"]
    if not isinstance(subjects, list) or not subjects:
        raise MalformedEvidence(f"{origin} is about nothing")
    for subject in subjects:
        if not isinstance(subject, dict) or set(subject) != {"name", "digest"} or not isinstance(subject["name"], str):
            raise MalformedEvidence(f"{origin} has a subject that is not a name and a digest")
    if len({subject["name"] for subject in subjects}) != len(subjects):
        raise MalformedEvidence(f"{origin} names a subject twice")
    if not isinstance(document["predicate"], dict):
        raise MalformedEvidence(f"{origin} has a predicate that is not an object")
    if kind != MODEL_SIGNATURE:
        _check_digests(document["predicate"], origin, checked)
    _check_digests(subjects, origin, checked)


def subjects_of(document: Mapping[str, Any]) -> dict[str, str]:
    """Name -> sha256 of what a checked statement is about."""
    return {subject["name"]: subject["digest"]["sha256"] for subject in document["subject"]}


def _check_digests(value: object, origin: str, checked: Collection[int]) -> None:
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if id(value) in checked:
            continue
        if isinstance(value, dict):
            if "digest" in value and ("name" in value or "uri" in value):
                digest = value["digest"]
                if not isinstance(digest, dict) or digest.keys() != {"sha256"} or not is_sha256(digest["sha256"]):
                    named = value.get("name", value.get("uri"))
                    raise MalformedEvidence(f"{origin}: the digest of {named!r} is not one SHA-256 in lower-case hex")
            # A target's config may hold any JSON.
            waiting += [item for key, item in value.items() if type(item) is not str and key != "externalParameters"]
        elif isinstance(value, list):
            waiting += value
