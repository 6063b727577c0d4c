"""The register as it is filed: entries, approvals and revocations, whether a snapshot lists them yet or not.

People work on this; verifiers take `authority`, which believes only what a snapshot lists.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pedigree.step.errors import ToolError
from pedigree.trust.attestations import read_attestations
from pedigree.trust.decisions import Revocation
from pedigree.trust.entry import Entry
from pedigree.trust.places import BUNDLE, REVOCATIONS, place_of
from pedigree.trust.registered import Registered, open_entries
from pedigree.trust.revocations import open_revocations, revoked_keys
from pedigree.trust.root import TrustRoot
from pedigree.trust.versions import Version, in_force, read_versions

PUBLISHER_SIGNATURE = "model.sig"
"""Beside an entry whose publisher signed the model."""

_UID = re.compile(r"(?:sha256:)?([0-9a-f]{8,64})")


@dataclass(frozen=True)
class Register:
    """What a repository holds.

    Attributes:
        files: Path relative to the directory of attestations -> content.
        versions: The trust roots; the newest is in force.
        registered: Entries, with the approvals whose signatures count.
        revocations: Revocations.
    """

    files: Mapping[str, bytes]
    versions: tuple[Version, ...]
    registered: tuple[Registered, ...]
    revocations: tuple[Revocation, ...]

    @property
    def root(self) -> TrustRoot:
        """The trust root in force."""
        return self.versions[-1].root

    @property
    def earlier(self) -> tuple[TrustRoot, ...]:
        """The trust roots that led to it, the oldest first."""
        return tuple(version.root for version in self.versions[:-1])

    @property
    def revoked(self) -> frozenset[str]:
        """Fingerprints of the keys that are revoked."""
        return revoked_keys(self.revocations)

    def find(self, subject: str) -> Registered:
        """The entry of a uid, of at least its first 8 digits, or of a name.

        Raises:
            ToolError: There is none, or there are several.
        """
        wanted = _UID.fullmatch(subject)
        found = [item for item in self.registered if item.entry.name == subject]
        if wanted:
            found = found or [item for item in self.registered if item.entry.uid.startswith(wanted[1])]
        if len(found) > 1:
            uids = "\n  ".join(item.entry.uid for item in found)
            raise ToolError(f"several entries are named '{subject}':\n  {uids}", "name one by its uid")
        if not found:
            raise ToolError(f"there is no entry '{subject}'", "see `pedigree base list`")
        return found[0]

    def withdrawn(self, entry: Entry) -> tuple[Revocation, ...]:
        """Revocations that hit an entry: the model as a whole, one of its files, or its publisher."""
        digests = entry.digests()
        return tuple(item for item in self.revocations if digests & set(item.subjects.values()))


def open_register(directory: Path) -> Register:
    """Read a directory of attestations, and check the signature of everything but the snapshot.

    Raises:
        ToolError: There is no such directory.
        MalformedEvidence: A file is not what its place says.
        Refused: A signature does not count, the newest trust root is not in force, or a file cannot be read.
    """
    files = read_attestations(directory)
    versions = read_versions(files)
    root = in_force(versions)
    revocations = open_revocations(files, root)
    return Register(files, versions, open_entries(files, root, revoked_keys(revocations)), revocations)


def entry_place(entry: Entry) -> str:
    """Where an entry and what belongs to it are filed."""
    return place_of(entry.uid)


def approval_path(entry: Entry, role: str, keyid: str) -> str:
    """Where an approval is filed."""
    return f"{entry_place(entry)}/{role}.{keyid[:8]}{BUNDLE}"


def revocation_path(kind: str, sha256: str, keyid: str) -> str:
    """Where a revocation is filed."""
    return f"{REVOCATIONS}/{kind}-{sha256[:16]}.{keyid[:8]}{BUNDLE}"
