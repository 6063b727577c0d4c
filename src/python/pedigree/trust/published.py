"""By whom the publisher's signature over a model was found to be when the model was taken in, and against what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from pedigree.trust.statement import is_sha256
from pedigree.trust.times import is_time

KEY, CERTIFICATE, SIGSTORE = "key", "certificate", "sigstore"
ANCHORS = {KEY: "publisher.pub", CERTIFICATE: "publisher-ca.pem", SIGSTORE: "publisher-trust.json"}
"""Kind -> the name, beside an entry, of what its signature was held against."""


@dataclass(frozen=True)
class PublishedBy:
    """A publisher, as his signature was verified.

    Attributes:
        kind: One of `ANCHORS`.
        identity: Who signed: `sha256:` and the fingerprint of a key; the name that was expected in a certificate, as
            `cn:Example Lab`; the mail address or URI of a Sigstore identity.
        issuer: Who says so: `sha256:` and the fingerprint of the authority's certificate, or the URL of the identity
            provider; empty for a key.
        anchors: SHA-256 of the file that the signature was held against: key, authorities, or trusted root.
        time: When the certificate was held to be valid, as whoever took the model in states it; a certificate's
            signature tells none. Empty for the other kinds: a key has no end, and Sigstore's log knows the time.
    """

    kind: str
    identity: str
    issuer: str
    anchors: str
    time: str

    def to_json(self) -> dict[str, str]:
        """As it stands in an entry."""
        return asdict(self)

    def digests(self) -> frozenset[str]:
        """Fingerprints of keys and authorities that this stands by; who revokes one of them revokes what it signed."""
        return frozenset(text.removeprefix("sha256:") for text in (self.identity, self.issuer, self.anchors) if text)

    def in_words(self) -> str:
        """For people.

        >>> PublishedBy("sigstore", "release@lab.example", "https://login.lab.example", "0" * 64, "").in_words()
        "'release@lab.example', by the word of https://login.lab.example in Sigstore"
        """
        if self.kind == KEY:
            return f"the key {self.identity}"
        if self.kind == SIGSTORE:
            return f"'{self.identity}', by the word of {self.issuer} in Sigstore"
        return f"'{self.identity}', by a certificate under the authority {self.issuer}, valid at {self.time}"


def published_by(document: Mapping[str, Any]) -> PublishedBy:
    """Read what an entry says of its publisher.

    Raises:
        ValueError: It says something that is never found.
    """
    names = [field.name for field in fields(PublishedBy)]
    if sorted(document) != sorted(names) or not all(isinstance(value, str) for value in document.values()):
        raise ValueError(f"its publisher is not described by the texts {', '.join(names)}")
    found = PublishedBy(**document)
    fitting = {
        KEY: _is_fingerprint(found.identity) and (found.issuer, found.time) == ("", ""),
        CERTIFICATE: bool(found.identity) and _is_fingerprint(found.issuer) and is_time(found.time),
        SIGSTORE: bool(found.identity and found.issuer) and found.time == "",
    }
    if not fitting.get(found.kind, False) or not is_sha256(found.anchors):
        raise ValueError(f"its publisher cannot have been verified so: {found}")
    return found


def _is_fingerprint(text: str) -> bool:
    return text.startswith("sha256:") and is_sha256(text.removeprefix("sha256:"))
