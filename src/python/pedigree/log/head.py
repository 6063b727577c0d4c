"""Signed heads: what the log held when somebody wrote to it, in words that its signer cannot take back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from securesystemslib.signer import Signer  # type: ignore[attr-defined]

from pedigree.log.entry import check_time
from pedigree.step.canonical import MalformedJson, parse_json
from pedigree.trust.envelope import open_envelope, sign_envelope
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.public import PublicKey
from pedigree.trust.statement import is_sha256

HEAD_TYPE = "pedigree.log.head/1"  # readers of layouts, links and statements look at this field first
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
    """A head in a DSSE envelope."""
    return sign_envelope({"_type": HEAD_TYPE, **asdict(head)}, signer)


def open_head(data: bytes, keys: Mapping[str, PublicKey], origin: str) -> SignedHead:
    """A head that one of `keys` signed.

    Args:
        data: The envelope.
        keys: Keyid -> key.
        origin: What to call it in an error.

    Raises:
        MalformedEvidence: It is no envelope, or holds no head.
        Refused: None of these keys signed it.
    """
    keyid = _named_key(data, origin)
    if keyid not in keys:
        raise Refused(f"{origin} is signed by the key {keyid[:12]}, which is not a given one")
    document = open_envelope(data, keys[keyid], origin)
    if set(document) != {"_type", "log", "size", "last", "time"} or document["_type"] != HEAD_TYPE:
        raise MalformedEvidence(f"{origin} is not the head of a log")
    head = Head(document["log"], document["size"], document["last"], document["time"])
    if type(head.size) is not int or head.size < 1 or not is_sha256(head.log) or not is_sha256(head.last):
        raise MalformedEvidence(f"{origin} does not hold a size and two SHA-256 in lower-case hex")
    check_time(head.time, origin)
    return SignedHead(head, keyid, data)


def _named_key(data: bytes, origin: str) -> str:
    """The key that an envelope names; nothing is believed yet."""
    try:
        (signature,) = parse_json(data, origin)["signatures"]
        keyid = signature["keyid"]
        if not is_sha256(keyid):
            raise ValueError(f"the keyid {keyid!r} is not a SHA-256")
    except (MalformedJson, KeyError, TypeError, ValueError) as error:
        raise MalformedEvidence(f"{origin} is not a DSSE envelope with one signature: {error}") from error
    return str(keyid)
