"""What is in force: the trust root, the snapshot, and the decisions and layouts that it lists. Nothing unverified."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pedigree.step.digests import sha256_bytes
from pedigree.trust.chain import ancestors, walk_roots
from pedigree.trust.decisions import Revocation
from pedigree.trust.errors import Refused
from pedigree.trust.places import APPROVALS, LAYOUTS, REVOCATIONS, SIGSTORE, SNAPSHOT
from pedigree.trust.registered import Registered, lacking, open_entries
from pedigree.trust.revocations import open_revocations, revocation_paths, revoked_keys, revoked_under
from pedigree.trust.root import TrustRoot
from pedigree.trust.snapshot import Snapshot, open_snapshot

_LISTED = (f"{APPROVALS}/", f"{LAYOUTS}/", f"{SIGSTORE}/")
Files = Mapping[str, bytes]
Revoked = frozenset[str]


@dataclass(frozen=True)
class Authority:
    """What is in force.

    Attributes:
        versions: The trust roots that are believed, the oldest first; the newest is in force.
        snapshot: The newest snapshot.
        registered: Entries of base models.
        revocations: Revocations, those of keys among them.
        layouts: Path -> file, of the layouts that owners signed; each is opened by whoever needs it.
        listed: Those of the revocations that the snapshot lists; they can never be taken away again.
    """

    versions: tuple[TrustRoot, ...]
    snapshot: Snapshot
    registered: tuple[Registered, ...]
    revocations: tuple[Revocation, ...]
    layouts: Files
    listed: tuple[Revocation, ...]

    @property
    def root(self) -> TrustRoot:
        """The trust root in force."""
        return self.versions[-1]

    @property
    def roots(self) -> dict[int, str]:
        """Version -> digest, of all trust roots that are believed."""
        return {root.version: root.digest for root in self.versions}

    @property
    def revoked(self) -> frozenset[str]:
        """Fingerprints of the keys that the trust root lists and that are revoked."""
        listed = (holder.key.fingerprint for holder in self.root.holders.values())
        return frozenset(fingerprint for fingerprint in listed if self.revocation_of(fingerprint))

    def approved(self, name: str, files: Mapping[str, str]) -> Registered:
        """The entry under which a base model of these very files is approved.

        Args:
            name: What to call the model in an error.
            files: Name -> sha256.

        Raises:
            Refused: There is none, or it has not the approvals that the trust root demands.
        """
        found = next((item for item in self.registered if item.entry.files == files), None)
        if found is None:
            raise Refused(f"base model '{name}': no entry of attestations/{APPROVALS} is of these files")
        missing = lacking(found, self.root)
        if missing:
            fallen = {approval.keyid: approval.signature.name for approval in found.fallen}
            whose = [
                f"; the approval by {fallen[keyid]} fell with the key, which is revoked" for keyid in sorted(fallen)
            ]
            unchecked = "".join(f"; {words}" for words in found.unchecked)
            raise Refused(f"base model '{name}' is not approved by {' and '.join(missing)}{''.join(whose)}{unchecked}")
        for digest in sorted(found.entry.published_by.digests()) if found.entry.published_by else ():
            if withdrawn := self.revocation_of(digest):
                raise Refused(f"what the publisher of base model '{name}' signed it with is {withdrawn.words}")
        if found.entry.license.family == "disqualified":
            raise Refused(f"base model '{name}' has terms that disqualify it: {found.entry.license.spdx}")
        return found

    def revocation_of(self, digest: str) -> Revocation | None:
        """Who revoked what has this digest, if anybody did."""
        return next((item for item in self.revocations if digest in item.subjects.values()), None)

    def speaks(self, keyid: str) -> str:
        """The role of a key that is neither retired nor revoked; empty for others."""
        holder = self.root.holders.get(keyid)
        if holder is None or holder.retired or self.revocation_of(holder.key.fingerprint):
            return ""
        return self.root.role_of(keyid)


def load_authority(
    files: Files,
    anchor: TrustRoot,
    revoked_before: Revoked = frozenset(),
    roots_before: Mapping[int, str] | None = None,
) -> Authority:
    """What is in force by a directory of attestations.

    Args:
        files: Path relative to the directory of attestations -> content; what is not of concern is left alone.
        anchor: A version of the trust root that is believed already.
        revoked_before: Fingerprints of keys that were seen to be revoked, whatever the files say of them.
        roots_before: Version -> digest, of trust roots that were believed before.

    Raises:
        MalformedEvidence: A file is not what its place says.
        Refused: A signature does not count, or files do not belong together.
    """
    below = ancestors(files, anchor)
    roots = walk_roots(files, anchor, lambda root: revoked_before | revoked_under(files, root), roots_before or {})
    root = roots[-1]
    revocations = open_revocations(files, root)
    revoked = revoked_before | revoked_keys(revocations)
    snapshot = open_snapshot(_read(files, SNAPSHOT), root, revoked, SNAPSHOT)
    _require_listed(files, snapshot)
    layouts = {path: data for path, data in files.items() if path.startswith(f"{LAYOUTS}/")}
    entries = open_entries(files, root, revoked)
    opened = zip(revocation_paths(files), revocations, strict=True)
    listed = tuple(item for path, item in opened if path in snapshot.files)
    _require_approved_before(entries, snapshot)
    return Authority((*below, *roots), snapshot, entries, revocations, layouts, listed)


def _require_approved_before(entries: Iterable[Registered], snapshot: Snapshot) -> None:
    """Nobody can have listed an approval before it was given; a time that lies ahead is not when somebody signed."""
    for registered in entries:
        for approval in registered.approvals:
            # Both are written in one form, in which later is greater.
            if approval.signed_at > snapshot.time:
                raise Refused(
                    f"'{registered.entry.name}' is approved by {approval.signature.name} at {approval.signed_at}, "
                    f"but the snapshot that lists that was made at {snapshot.time}"
                )


def _read(files: Files, path: str) -> bytes:
    if path not in files:
        raise Refused(f"{path} is missing")
    return files[path]


def _require_listed(files: Files, snapshot: Snapshot) -> None:
    """What is there is there as the snapshot lists it, and no revocation that it lists is missing.

    A release brings those approvals and layouts alone that it needs: without the others less is allowed, not more. A
    revocation that is not listed yet counts at once.
    """
    for path, digest in snapshot.files.items():
        if path.startswith(f"{REVOCATIONS}/") and path not in files:
            raise Refused(f"{path}, which the snapshot lists, is missing")
        if path in files and sha256_bytes(files[path]) != digest:
            raise Refused(f"{path} is not the file that the snapshot lists")
    for path in sorted(files):
        if path.startswith(_LISTED) and path not in snapshot.files:
            raise Refused(f"{path} is not listed by the snapshot")
