"""The snapshot: which approvals, revocations and layouts are in force, as a whole. Signed by quality.

Each of those files is signed by itself; the snapshot says that they belong together and that none was left out or put
back (TUF, specification 1.0.34, section 4.4). It states a time and how long it is to be believed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pedigree.step.canonical import canonical_json
from pedigree.step.digests import sha256_bytes
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.roles import QUALITY
from pedigree.trust.root import TrustRoot
from pedigree.trust.root_rules import LAST
from pedigree.trust.shapes import require_shape
from pedigree.trust.signed import Signed, parse_signed, unsigned
from pedigree.trust.statement import is_sha256
from pedigree.trust.times import is_time

SCHEMA = "pedigree.snapshot/1"
PAYLOAD_TYPE = "application/vnd.pedigree.snapshot+json"


@dataclass(frozen=True)
class Snapshot:
    """One version of the snapshot.

    Attributes:
        version: Counts from 1; a higher one replaces a lower one.
        root_version: The trust root that was in force.
        root_sha256: The digest of that root.
        time: When it was made, RFC 3339.
        expires: Until when it tells what is in force, RFC 3339. After that it still tells what was.
        files: Path relative to the directory of attestations -> sha256.
    """

    version: int
    root_version: int
    root_sha256: str
    time: str
    expires: str
    files: Mapping[str, str]

    @property
    def digest(self) -> str:
        """SHA-256 of what is signed, whoever signed it."""
        return sha256_bytes(canonical_json(self.to_json()))

    def to_json(self) -> dict[str, Any]:
        """The document that quality signs."""
        return {
            "schema": SCHEMA,
            "version": str(self.version),
            "root": {"version": str(self.root_version), "sha256": self.root_sha256},
            "time": self.time,
            "expires": self.expires,
            "files": dict(self.files),
        }


def draft(snapshot: Snapshot) -> Signed:
    """A snapshot that nobody has signed yet.

    Raises:
        MalformedEvidence: No reader would accept it.
    """
    return unsigned(_checked(snapshot, "the snapshot").to_json(), PAYLOAD_TYPE)


_SHAPE = {
    **dict.fromkeys(("schema", "version", "time", "expires"), str),
    "root": {"version": str, "sha256": str},
    "files": {"*": str},
}


def parse_snapshot(data: bytes, origin: str) -> tuple[Snapshot, Signed]:
    """Read a snapshot. Its signatures are not checked.

    Raises:
        MalformedEvidence: It is not one.
    """
    signed = parse_signed(data, PAYLOAD_TYPE, origin)
    document = signed.document
    try:
        require_shape(document, _SHAPE, "it")
        root = document["root"]
        version, root_version = int(document["version"]), int(root["version"])
        files = dict(document["files"])
        snapshot = Snapshot(version, root_version, root["sha256"], document["time"], document["expires"], files)
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedEvidence(f"{origin} is not a {SCHEMA} document: {error}") from error
    if snapshot.to_json() != document:
        raise MalformedEvidence(f"{origin} is not a {SCHEMA} document, or is not written as one")
    return _checked(snapshot, origin), signed


def open_snapshot(data: bytes, root: TrustRoot, revoked: frozenset[str], origin: str) -> Snapshot:
    """A snapshot that enough holders of the role quality signed under this trust root.

    Args:
        data: The file.
        root: The trust root in force.
        revoked: Fingerprints of keys whose signatures do not count.
        origin: What to call it in an error.

    Raises:
        MalformedEvidence: It is no snapshot.
        Refused: Too few signed it, or it belongs to another trust root.
    """
    snapshot, signed = parse_snapshot(data, origin)
    keys = {keyid: key for keyid, key in root.keys(QUALITY).items() if key.fingerprint not in revoked}
    signed.require(keys, root.roles[QUALITY].threshold, f"{origin}, by {QUALITY},")
    _require_under(snapshot, root, origin)
    return snapshot


def _require_under(snapshot: Snapshot, root: TrustRoot, origin: str) -> None:
    if (snapshot.root_version, snapshot.root_sha256) != (root.version, root.digest):
        raise Refused(
            f"{origin} is of version {snapshot.root_version} of the trust root, but version {root.version} is in force"
        )


def _checked(snapshot: Snapshot, origin: str) -> Snapshot:
    faults = [
        (not all(1 <= version <= LAST for version in (snapshot.version, snapshot.root_version)), "has no such version"),
        (not is_sha256(snapshot.root_sha256), "names its trust root by no SHA-256"),
        (
            not is_time(snapshot.time) or not is_time(snapshot.expires),
            "states no time in the form 2026-01-31T12:00:00Z",
        ),
        (snapshot.expires <= snapshot.time, "expires before it is made"),
        (not all(is_sha256(digest) for digest in snapshot.files.values()), "names a file by no SHA-256"),
    ]
    for wrong, words in faults:
        if wrong:
            raise MalformedEvidence(f"{origin} {words}")
    return snapshot
