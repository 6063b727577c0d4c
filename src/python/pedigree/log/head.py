"""Signed heads: what the log held when somebody wrote to it, in words that its signer cannot take back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.public import PublicKey
from pedigree.trust.signed import add_signature, parse_signed, unsigned
from pedigree.trust.statement import is_sha256
from pedigree.trust.times import is_time

if TYPE_CHECKING:
    from securesystemslib.signer import Signer  # type: ignore[attr-defined]

SCHEMA = "pedigree.log.head/1"
PAYLOAD_TYPE = "application/vnd.pedigree.log-head+json"
MAX_HEAD = 1 << 16  # bytes


@dataclass(frozen=True)
class Head:
    """The log up to an entry. Because of the chain, the last hash stands for all entries.

    Attributes:
        log: Which log: the hash of its first entry.
        size: Number of entries.
        last: Hash of the last of them.
        time: Time of the last of them.
    """

    log: str
    size: int
    last: str
    time: str


@dataclass(frozen=True)
class SignedHead:
    """A head whose signature holds, the key that made it, and the envelope as it was read."""

    head: Head
    keyid: str
    envelope: bytes


def sign_head(head: Head, signer: Signer) -> bytes:
    """A head in a DSSE envelope; the file's bytes."""
    return add_signature(unsigned({"schema": SCHEMA, **asdict(head)}, PAYLOAD_TYPE), signer).to_bytes()


def open_head(data: bytes, keys: Mapping[str, PublicKey], origin: str) -> SignedHead:
    """A head that one of `keys` signed, and nobody else.

    Args:
        data: The envelope.
        keys: Key id -> key.
        origin: What to call it in an error.

    Raises:
        MalformedEvidence: It is no envelope, or holds no head.
        Refused: None of these keys signed it.
    """
    signed = parse_signed(data, PAYLOAD_TYPE, origin)
    if len(signed.signatures) != 1:
        raise MalformedEvidence(f"{origin} has {len(signed.signatures)} signatures, not one")
    (keyid,) = signed.signatures
    if keyid not in keys:
        raise Refused(f"{origin} is signed by the key {keyid[:12]!r}, which is not a given one")
    signed.require(keys, 1, origin)
    document = signed.document
    if set(document) != {"schema", "log", "size", "last", "time"} or document["schema"] != SCHEMA:
        raise MalformedEvidence(f"{origin} is not a {SCHEMA} document")
    head = Head(document["log"], document["size"], document["last"], document["time"])
    if type(head.size) is not int or head.size < 1 or not is_sha256(head.log) or not is_sha256(head.last):
        raise MalformedEvidence(f"{origin} does not hold a size and two SHA-256 in lower-case hex")
    if not is_time(head.time):
        raise MalformedEvidence(f"{origin}: {head.time!r} is not a time such as 2026-11-21T09:30:00Z")
    return SignedHead(head, keyid, data)
