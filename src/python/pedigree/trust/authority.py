"""What is in force: the trust root, the snapshot, and the decisions and layouts that it lists. Nothing unverified."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from pedigree.step.digests import sha256_bytes
from pedigree.trust.chain import ROOTS, ancestors, root_path, walk_roots
from pedigree.trust.decisions import Approval, Revocation, open_approval, open_revocation
from pedigree.trust.entry import Entry, parse_entry
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.root import TrustRoot
from pedigree.trust.snapshot import Snapshot, open_snapshot

SNAPSHOT = "snapshot.json"
FIRST_ROOT = root_path(1)
APPROVALS, REVOCATIONS, LAYOUTS = "approvals", "revocations", "layouts"
ENTRY = "entry.json"
BUNDLE = ".sigstore.json"
_LISTED = (f"{APPROVALS}/", f"{LAYOUTS}/")
Files = Mapping[str, bytes]
Revoked = frozenset[str]


@dataclass(frozen=True)
class Registered:
    """An entry with the approvals that count.

    Attributes:
        entry: What is approved.
        approvals: By whom; one person may have signed more than once.
        fallen: Those that do not count any more, because the key was revoked.
    """

    entry: Entry
    approvals: tuple[Approval, ...]
    fallen: tuple[Approval, ...] = ()

    def approvers(self, role: str) -> frozenset[str]:
        """Names, not keys: somebody who was given a new key and signs again is still one."""
        return frozenset(item.signature.name for item in self.approvals if item.signature.role == role)


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
            raise Refused(f"base model '{name}' is not approved by {' and '.join(missing)}{''.join(whose)}")
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


def needed(files: Files, entries: Collection[str], layout: str) -> dict[str, bytes]:
    """What a release brings of a directory of attestations: roots, snapshot, revocations, and what speaks for it.

    Args:
        files: Path relative to the directory -> content, all verified.
        entries: Uids of the base models that it is made from.
        layout: How the paths of its owners' layout start.
    """
    wanted = (f"{ROOTS}/", f"{REVOCATIONS}/", layout, *(f"{place_of(uid)}/" for uid in entries))
    return {path: data for path, data in files.items() if path == SNAPSHOT or path.startswith(wanted)}


def place_of(uid: str) -> str:
    """Where the entry of a base model is filed, with everything that belongs to it."""
    return f"{APPROVALS}/{uid[:16]}"


def lacking(registered: Registered, root: TrustRoot) -> tuple[str, ...]:
    """Roles whose approval an entry still needs."""
    return tuple(role for role in root.approvals if len(registered.approvers(role)) < root.roles[role].threshold)


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
    roots = walk_roots(files, anchor, lambda root: revoked_before | _revoked_under(files, root), roots_before or {})
    root = roots[-1]
    revocations = open_revocations(files, root)
    revoked = revoked_before | revoked_keys(revocations)
    snapshot = open_snapshot(_read(files, SNAPSHOT), root, revoked, SNAPSHOT)
    _require_listed(files, snapshot)
    layouts = {path: data for path, data in files.items() if path.startswith(f"{LAYOUTS}/")}
    entries = open_entries(files, root, revoked)
    opened = zip(_revocation_paths(files), revocations, strict=True)
    listed = tuple(item for path, item in opened if path in snapshot.files)
    _require_approved_before(entries, snapshot)
    return Authority((*below, *roots), snapshot, entries, revocations, layouts, listed)


def _require_approved_before(entries: Iterable[Registered], snapshot: Snapshot) -> None:
    """Nobody can have listed an approval before it was given; a time that lies ahead is not when somebody signed."""
    for registered in entries:
        for approval in registered.approvals:
            who = approval.signature
            # Both are written in one form, in which later is greater.
            if who.time > snapshot.time:
                raise Refused(
                    f"'{registered.entry.name}' is approved by {who.name} at {who.time}, "
                    f"but the snapshot that lists that was made at {snapshot.time}"
                )


def _revoked_under(files: Files, root: TrustRoot) -> Revoked:
    """Fingerprints that are revoked by what opens under a version of the trust root.

    What does not open is of somebody who came later, or of nobody; the newest version decides which.
    """
    return revoked_keys(_open_those_that_open(files, root))


def _open_those_that_open(files: Files, root: TrustRoot) -> Iterator[Revocation]:
    for path in _revocation_paths(files):
        try:
            yield open_revocation(files[path], root, path)
        except (Refused, MalformedEvidence):
            continue


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


def open_revocations(files: Files, root: TrustRoot) -> tuple[Revocation, ...]:
    """All of them, listed or not; the word of a key that was itself revoked still stops things, for it starts none.

    Raises:
        MalformedEvidence: A file is no revocation.
        Refused: A signature does not count.
    """
    return tuple(open_revocation(files[path], root, path) for path in _revocation_paths(files))


def _revocation_paths(files: Files) -> list[str]:
    return sorted(path for path in files if path.startswith(f"{REVOCATIONS}/"))


def revoked_keys(revocations: Iterable[Revocation]) -> Revoked:
    """Fingerprints of the keys that are revoked."""
    return frozenset(digest for item in revocations if item.kind == "key" for digest in item.subjects.values())


def open_entries(files: Files, root: TrustRoot, revoked: Revoked) -> tuple[Registered, ...]:
    """All entries of base models with the approvals that count, listed by a snapshot or not.

    Raises:
        MalformedEvidence: A file is not what its place says.
        Refused: A signature does not count, or a file is missing beside an entry.
    """
    places: dict[str, dict[str, bytes]] = {}
    for path in sorted(files):
        place = PurePosixPath(path)
        if len(place.parts) == 3 and place.parts[0] == APPROVALS:
            places.setdefault(str(place.parent), {})[place.name] = files[path]
    return tuple(_registered(place, beside, root, revoked) for place, beside in places.items() if ENTRY in beside)


def _registered(place: str, beside: Files, root: TrustRoot, revoked: Revoked) -> Registered:
    entry = parse_entry(beside[ENTRY], f"{place}/{ENTRY}")
    if place != place_of(entry.uid):
        raise Refused(f"{place}/{ENTRY} is the entry of another base model")
    if missing := entry.evidence() - {sha256_bytes(data) for data in beside.values()}:
        raise Refused(f"{place}/{ENTRY} names evidence that is not beside it: {min(missing)}")
    given = tuple(_approvals(place, beside, entry, root))
    fallen = tuple(item for item in given if root.holders[item.keyid].key.fingerprint in revoked)
    return Registered(entry, tuple(item for item in given if item not in fallen), fallen)


def _approvals(place: str, beside: Files, entry: Entry, root: TrustRoot) -> Iterator[Approval]:
    for name, data in beside.items():
        if name.endswith(BUNDLE):
            approval = open_approval(data, root, f"{place}/{name}")
            if (approval.files, approval.entry) != (dict(entry.files), entry.sha256):
                raise Refused(f"{place}/{name} approves something else than {place}/{ENTRY}")
            yield approval
