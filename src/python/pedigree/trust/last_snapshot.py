"""The last snapshot that was in force: what the next one is held against.

A new snapshot that waits for signatures takes the place of the last one, which is kept apart until it has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pedigree.trust.errors import Refused
from pedigree.trust.places import SNAPSHOT
from pedigree.trust.proposed import PROPOSED
from pedigree.trust.public import PublicKey
from pedigree.trust.reading import read_plainly
from pedigree.trust.register import Register
from pedigree.trust.roles import QUALITY
from pedigree.trust.root import TrustRoot
from pedigree.trust.snapshot import Snapshot, parse_snapshot

KEPT = f"{PROPOSED}/last.snapshot"
"""Where the last snapshot lies while the next one lacks signatures; no plan on its way has a name that ends so."""


@dataclass(frozen=True)
class Last:
    """The last snapshot that counted, as far as the next one depends on it.

    Attributes:
        version: Its number; 0 where there was none.
        time: When it was made; empty where that is not known.
        root_version: The trust root that it is of; 0 where that is not known.
        files: Path -> sha256 of what it put in force; empty where that is not known.
        known: Whether that is all there was: the snapshot is at hand, or there was none.
    """

    version: int = 0
    time: str = ""
    root_version: int = 0
    files: Mapping[str, str] = field(default_factory=dict)
    known: bool = True


def last_snapshot(register: Register, kept: bytes | None = None) -> Last:
    """The last snapshot that counted.

    Args:
        register: What is filed.
        kept: The file that lies in `KEPT`.

    Raises:
        MalformedEvidence: A file is no snapshot.
        Refused: The snapshot that is filed has no signature that counts, so that its number may be an attacker's; or
            the one that is kept is not the one before.
    """
    data = register.files.get(SNAPSHOT)
    if data is None:
        return Last()
    snapshot = parse_snapshot(data, SNAPSHOT)[0]
    lacking = lacking_then(register, data, SNAPSHOT)
    return _before(snapshot.version - 1, kept, register) if lacking else _last(snapshot)


def lacking_then(register: Register, data: bytes, origin: str = SNAPSHOT) -> int:
    """How many signatures a snapshot lacks under the trust root that it names.

    Raises:
        MalformedEvidence: It is none.
        Refused: Nobody signed it whose signature counts.
    """
    snapshot, signed = parse_snapshot(data, origin)
    root = next((item.root for item in register.versions if item.root.digest == snapshot.root_sha256), None)
    signers = signed.signers(keys_of_quality(register, root)) if root else frozenset()
    if root is None or not signers:
        raise Refused(f"{origin} has no signature that counts: bring back the last good one, or remove it")
    return max(0, root.roles[QUALITY].threshold - len(signers))


def read_kept(directory: Path) -> bytes | None:
    """What lies in `KEPT`, if anything does.

    Raises:
        Refused: It cannot be read.
    """
    return read_plainly(directory / KEPT, KEPT) if (directory / KEPT).exists() else None


def keys_of_quality(register: Register, root: TrustRoot) -> dict[str, PublicKey]:
    """Keys that sign snapshots by a version of the trust root, and are not revoked."""
    return {keyid: key for keyid, key in root.keys(QUALITY).items() if key.fingerprint not in register.revoked}


def _before(version: int, kept: bytes | None, register: Register) -> Last:
    """The snapshot before one that lacks signatures; that is made anew under its number."""
    if kept is None:
        return Last(version, known=version == 0)
    snapshot = parse_snapshot(kept, KEPT)[0]
    if snapshot.version != version or lacking_then(register, kept, KEPT):
        raise Refused(f"{KEPT} is not version {version} of the snapshot as it was in force; remove it")
    return _last(snapshot)


def _last(snapshot: Snapshot) -> Last:
    return Last(snapshot.version, snapshot.time, snapshot.root_version, snapshot.files)
