"""Identities: people who sign without a key of their own, by what an identity provider says of who they are.

Who has which is written in the trust root; what is needed to check what they signed lies beside it, in
`attestations/sigstore/`. Nothing here needs Sigstore's client: `keyless` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import parse_qsl

from pedigree.step.canonical import canonical_json
from pedigree.step.digests import sha256_bytes
from pedigree.step.errors import ToolError
from pedigree.trust.public import PublicKey

SCHEME = "sigstore"
SHAPE = "write sigstore:/absolute/trust-config.json?identity=NAME&issuer=URL, with '+' written as %2B"


@dataclass(frozen=True)
class Identity:
    """What a holder has who signs without a key.

    Attributes:
        identity: What a certificate must name: a mail address or a URI.
        issuer: Which identity provider must have said so.
        instance: SHA-256 of the client trust config of the Sigstore instance that certifies it.
    """

    identity: str
    issuer: str
    instance: str

    def to_json(self) -> dict[str, str]:
        """What the trust root says of it."""
        return {"identity": self.identity, "issuer": self.issuer, "instance": self.instance}

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of its canonical JSON; it is revoked by this, as a key is by its own."""
        return sha256_bytes(canonical_json(self.to_json()))

    @property
    def keyid(self) -> str:
        """Under what the trust root lists it: the fingerprint."""
        return self.fingerprint

    @property
    def login(self) -> tuple[str, str]:
        """Who logs in, and where: the same person's, whatever the instance; compared exactly, as Sigstore compares."""
        return self.identity, self.issuer


@dataclass(frozen=True)
class Person:
    """Somebody who signs without a key.

    Attributes:
        instance: The client trust config of the instance: a JSON file with its trusted root and its services.
        identity: What the certificate must name: a mail address or a URI.
        issuer: Which identity provider must have said so.
    """

    instance: Path
    identity: str
    issuer: str

    def listed_as(self, config: bytes) -> Identity:
        """What a trust root lists for this person, whose instance has this config."""
        return Identity(self.identity, self.issuer, sha256_bytes(config))


Credential = PublicKey | Identity
"""What a holder proves with that it is he who signs."""


def is_person(uri: str) -> bool:
    """Whether a URI names a person who signs without a key."""
    return uri.partition(":")[0] == SCHEME


def person_of(uri: str) -> Person:
    """The person that a URI names: `sigstore:/etc/sigstore/config.json?identity=qa@example.org&issuer=https://...`.

    Raises:
        ToolError: The path is not absolute, or identity or issuer are missing.
    """
    path, _, query = uri.partition(":")[2].partition("?")
    given = parse_qsl(query)
    if not is_person(uri) or not path.startswith("/") or sorted(name for name, _ in given) != ["identity", "issuer"]:
        raise ToolError(f"'{uri}' does not name a person who signs without a key", SHAPE)
    return Person(Path(path), **dict(given))


def in_words(credential: Credential) -> str:
    """A key or an identity, for a person who decides by these words whom to believe."""
    if isinstance(credential, PublicKey):
        return f"the key sha256:{credential.fingerprint}"
    return (
        f"the identity {credential.identity} by {credential.issuer} in the Sigstore instance "
        f"sha256:{credential.instance}, sha256:{credential.fingerprint}"
    )


def kind_of(credential: Credential) -> str:
    """Whether it is a key or an identity, in a word."""
    return "key" if isinstance(credential, PublicKey) else "identity"


def a_kind_of(credential: Credential) -> str:
    """The same with its article."""
    return "a key" if isinstance(credential, PublicKey) else "an identity"
