"""The publisher's own signature over a model, by OpenSSF Model Signing (OMS) v1.0, verified offline.

Who he is said to be is one of three: the holder of a key (`publisher_key`), whoever an authority certifies under a name
(`publisher_certificate`), or whoever an identity provider knows by it (`publisher_sigstore`). What he must have signed
is the same: an in-toto statement that names every file by its SHA-256, as `model_signing sign` writes it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.published import PublishedBy
from pedigree.trust.publisher_bundle import ModelBundle, json_object, read_bundle
from pedigree.trust.statement import MODEL_SIGNATURE, STATEMENT, is_sha256


class Publisher(Protocol):
    """Who must have signed a model."""

    @property
    def anchors(self) -> bytes:
        """What his signature is held against: a key, authorities, a trusted root."""

    def open(self, bundle: ModelBundle) -> tuple[bytes, PublishedBy]:
        """The payload, which he signed, and how that was found.

        Raises:
            MalformedEvidence: The bundle, or what it is held against, is none.
            Refused: Somebody else signed it, or the signature does not hold.
        """


@dataclass(frozen=True)
class PublisherSignature:
    """What a publisher signed, held against what was delivered.

    Attributes:
        by: Who he is.
        signed: Files that he signed and that are here, the same.
        unsigned: Files that are here and that he did not sign.
        absent: Files that he signed and that are not here.
    """

    by: PublishedBy
    signed: tuple[str, ...]
    unsigned: tuple[str, ...]
    absent: tuple[str, ...]


def verify_publisher(
    bundle: bytes, publisher: Publisher, files: Mapping[str, str], ours: Collection[str], origin: str
) -> PublisherSignature:
    """Hold the files of a model against its publisher's signature.

    Args:
        bundle: The signature, usually `model.sig`.
        publisher: Who must have signed.
        files: Path in the model's directory -> sha256.
        ours: Those of them that he need not have signed, because they were added here.
        origin: What to call the signature in an error.

    Raises:
        MalformedEvidence: It is no such signature.
        Refused: It is not his, or a file differs or is not signed.
    """
    payload, by = publisher.open(read_bundle(bundle, origin))
    try:
        resources = _resources(json_object(payload, f"the payload of {origin}"), origin)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, (Refused, MalformedEvidence)):
            raise
        raise MalformedEvidence(f"{origin} is not an OpenSSF Model Signing bundle: {error}") from error
    for name in sorted(files):
        if name in resources and resources[name] != files[name]:
            raise Refused(f"{name} is not the file that {origin} signs: its sha256 is {files[name]}")
        if name not in resources and name not in ours:
            raise Refused(f"{name} is not among the files that {origin} signs")
    signed, here = resources.keys(), files.keys()
    return PublisherSignature(by, *(tuple(sorted(names)) for names in (here & signed, here - signed, signed - here)))


def _resources(statement: Mapping[str, Any], origin: str) -> dict[str, str]:
    """Path -> sha256 of what is signed."""
    if statement["_type"] != STATEMENT or statement["predicateType"] != MODEL_SIGNATURE:
        raise Refused(f"{origin} holds a {statement['predicateType']!r}, not {MODEL_SIGNATURE}")
    predicate, (subject,) = statement["predicate"], statement["subject"]
    kind = predicate["serialization"]
    if (kind["method"], kind["hash_type"]) != ("files", "sha256"):
        how = f"method {kind['method']!r} with {kind['hash_type']!r}"
        raise Refused(f"{origin} is made by {how}; verified here are whole files with SHA-256")
    listed = predicate["resources"]
    resources = {entry["name"]: entry["digest"] for entry in listed}
    if len(resources) != len(listed) or not all(is_sha256(digest) for digest in resources.values()):
        raise MalformedEvidence(f"{origin} names a file twice, or by no SHA-256")
    if not all(entry["algorithm"] == "sha256" for entry in listed):
        raise MalformedEvidence(f"{origin} names a file by another digest than SHA-256")
    root = hashlib.sha256(b"".join(bytes.fromhex(entry["digest"]) for entry in listed)).hexdigest()
    if subject["digest"] != {"sha256": root}:
        raise Refused(f"{origin} is about another model than the files that it lists")
    return resources
