"""An entry of the register of base models: what a supplier delivered, and what was found when it was looked at.

Nothing in an entry counts by itself: people approve it, by its digest (`decisions.Approval`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pedigree.step.canonical import canonical_json
from pedigree.step.digests import sha256_bytes, tree_digest
from pedigree.trust.envelope import canonical_document
from pedigree.trust.errors import MalformedEvidence
from pedigree.trust.published import PublishedBy, published_by
from pedigree.trust.shapes import require_shape
from pedigree.trust.statement import is_sha256

SCHEMA = "pedigree.base-entry/1"
SCHEMA_WITH_PUBLISHER = "pedigree.base-entry/2"
"""Of an entry that says by whom its publisher's signature is; an older `pedigree` would not know what it left out."""
PARTS = ("weights", "tokenizer", "config", "chat_template", "other")
FAMILIES = ("permissive", "conditional", "bespoke", "disqualified")
VERDICTS = ("pass", "review")


@dataclass(frozen=True)
class License:
    """The terms of a model.

    Attributes:
        spdx: SPDX expression.
        family: One of `FAMILIES`.
        obligations: What the terms ask of whoever uses the model, in words.
        approval: Where the legal review is filed; may be empty for a permissive license.
    """

    spdx: str
    family: str
    obligations: tuple[str, ...]
    approval: str


@dataclass(frozen=True)
class Entry:
    """A base model as it is proposed.

    Attributes:
        name: The target that pins it, for people.
        files: Name -> sha256 of everything that the target consumes; these bytes and no others.
        parts: File -> which of `PARTS` it is.
        license: Its terms.
        publisher: Who made it.
        source: URL or target that it came from.
        scan: SHA-256 of the report of the scan.
        verdict: What the scan said: "pass", or "review" where people must look at findings.
        card: SHA-256 of the publisher's model card.
        addendum: SHA-256 of what was added to the card: what the model is used for here, and its limits.
        tier: How much depends on the model, in the words of the quality system.
        serving: What can serve it.
        publisher_signature: SHA-256 of the publisher's OpenSSF Model Signing bundle, verified at intake; or empty.
        note: What else a reader must know.
        published_by: By whom that signature was found to be; None without one, and in entries of the first schema.
    """

    name: str
    files: Mapping[str, str]
    parts: Mapping[str, str]
    license: License
    publisher: str
    source: str
    scan: str
    verdict: str
    card: str
    addendum: str
    tier: str
    serving: tuple[str, ...]
    publisher_signature: str
    note: str
    published_by: PublishedBy | None = None

    @property
    def uid(self) -> str:
        """The digest of all files together, which names the model."""
        return tree_digest(self.files)

    def evidence(self) -> frozenset[str]:
        """Digests of the files that must lie beside the entry."""
        signature = {self.publisher_signature} if self.publisher_signature else set()
        anchors = {self.published_by.anchors} if self.published_by else set()
        return frozenset({self.scan, self.card, self.addendum, *signature, *anchors})

    def digests(self) -> frozenset[str]:
        """What it can be revoked by: the model as a whole, one of its files, its publisher's key or authority."""
        publisher = self.published_by.digests() if self.published_by else frozenset()
        return frozenset({self.uid, *self.files.values(), *publisher})

    @property
    def sha256(self) -> str:
        """The digest of the entry, which approvals name."""
        return sha256_bytes(self.to_bytes())

    def to_bytes(self) -> bytes:
        """The entry as a file."""
        fields = asdict(self)
        listed = {
            "serving": list(self.serving),
            "license": {**fields["license"], "obligations": self.license.obligations},
        }
        if self.published_by is None:
            del fields["published_by"]
        schema = SCHEMA if self.published_by is None else SCHEMA_WITH_PUBLISHER
        return canonical_json({**fields, **listed, "schema": schema, "uid": f"sha256:{self.uid}"})


def parse_entry(data: bytes, origin: str) -> Entry:
    """Read an entry.

    Raises:
        MalformedEvidence: It is not one.
    """
    document = canonical_document(data, origin)
    try:
        require_shape(document, {**_SHAPE, **({"published_by": dict} if "published_by" in document else {})}, "it")
        entry = _from_json(document)
        faithful = entry.to_bytes() == data
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MalformedEvidence(f"{origin} is not a {SCHEMA} document: {error}") from error
    digests = [*entry.files.values(), *entry.evidence()]
    if not faithful or not entry.files or set(entry.parts) != set(entry.files):
        raise MalformedEvidence(f"{origin} is not a {SCHEMA} document, or is not written as one")
    if not all(map(is_sha256, digests)) or not set(entry.parts.values()) <= set(PARTS):
        raise MalformedEvidence(f"{origin} has a digest that is no SHA-256, or a file that is no known part")
    if entry.published_by and not entry.publisher_signature:
        raise MalformedEvidence(f"{origin} says who signed the model, but names no signature")
    if entry.verdict not in VERDICTS or entry.license.family not in FAMILIES:
        raise MalformedEvidence(f"{origin} has the verdict {entry.verdict!r} or a license of no known family")
    return entry


_TERMS = {"spdx": str, "family": str, "obligations": [str], "approval": str}
_TEXTS = ("name", "publisher", "source", "scan", "verdict", "card", "addendum", "tier", "publisher_signature", "note")
_SHAPE = {
    **dict.fromkeys(("schema", "uid", *_TEXTS), str),
    "files": {"*": str},
    "parts": {"*": str},
    "license": _TERMS,
    "serving": [str],
}


def _from_json(document: Mapping[str, Any]) -> Entry:
    fields = {key: value for key, value in document.items() if key not in ("schema", "uid")}
    terms = fields["license"]
    fields["license"] = License(**{**terms, "obligations": tuple(terms["obligations"])})
    if "published_by" in fields:
        fields["published_by"] = published_by(fields["published_by"])
    return Entry(**{**fields, "serving": tuple(fields["serving"])})
