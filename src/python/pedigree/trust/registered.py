"""Entries of base models with their approvals, opened by the trust root: which count, and which fell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from pathlib import PurePosixPath

from pedigree.step.digests import sha256_bytes
from pedigree.trust.decided import NoSigstore
from pedigree.trust.decisions import Approval, open_approval
from pedigree.trust.entry import Entry, parse_entry
from pedigree.trust.errors import Refused
from pedigree.trust.places import APPROVALS, BUNDLE, ENTRY, place_of
from pedigree.trust.root import TrustRoot

Files = Mapping[str, bytes]
Revoked = frozenset[str]


@dataclass(frozen=True)
class Registered:
    """An entry with the approvals that count.

    Attributes:
        entry: What is approved.
        approvals: By whom; one person may have signed more than once.
        fallen: Those that do not count any more, because the key was revoked.
        unchecked: Why some do not count here, which are signed by identities: a line each.
    """

    entry: Entry
    approvals: tuple[Approval, ...]
    fallen: tuple[Approval, ...] = ()
    unchecked: tuple[str, ...] = ()

    def approvers(self, role: str) -> frozenset[str]:
        """Names, not keys: somebody who was given a new key and signs again is still one."""
        return frozenset(item.signature.name for item in self.approvals if item.signature.role == role)


def lacking(registered: Registered, root: TrustRoot) -> tuple[str, ...]:
    """Whose approval an entry still needs, in words: roles, or others than those who signed for more than one.

    Who approves for two roles counts for one of them. There are enough people for all roles at once if there are enough
    for each choice of roles (Hall's theorem on marriages).
    """
    alone = tuple(role for role in root.approvals if len(registered.approvers(role)) < root.roles[role].threshold)
    return alone or tuple(_shared(registered, root))


def _shared(registered: Registered, root: TrustRoot) -> Iterator[str]:
    for count in range(2, len(root.approvals) + 1):
        for roles in combinations(root.approvals, count):
            people = frozenset[str]().union(*map(registered.approvers, roles))
            if len(people) < sum(root.roles[role].threshold for role in roles):
                yield f"different people for {' and '.join(roles)}"
                return


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
    return tuple(
        _registered(place, beside, root, revoked, files) for place, beside in places.items() if ENTRY in beside
    )


def _registered(place: str, beside: Files, root: TrustRoot, revoked: Revoked, files: Files) -> Registered:
    entry = parse_entry(beside[ENTRY], f"{place}/{ENTRY}")
    if place != place_of(entry.uid):
        raise Refused(f"{place}/{ENTRY} is the entry of another base model")
    if missing := entry.evidence() - {sha256_bytes(data) for data in beside.values()}:
        raise Refused(f"{place}/{ENTRY} names evidence that is not beside it: {min(missing)}")
    opened = tuple(_approvals(place, beside, entry, root, files))
    given = tuple(item for item in opened if isinstance(item, Approval))
    fallen = tuple(item for item in given if root.holders[item.keyid].key.fingerprint in revoked)
    unchecked = tuple(str(item) for item in opened if isinstance(item, NoSigstore))
    return Registered(entry, tuple(item for item in given if item not in fallen), fallen, unchecked)


def _approvals(
    place: str, beside: Files, entry: Entry, root: TrustRoot, files: Files
) -> Iterator[Approval | NoSigstore]:
    """Each approval, or why it cannot be checked here: then it counts for nothing, and is in nobody's way."""
    for name, data in beside.items():
        if name.endswith(BUNDLE):
            try:
                approval = open_approval(data, root, f"{place}/{name}", files)
            except NoSigstore as problem:
                yield problem
                continue
            if (approval.files, approval.entry) != (dict(entry.files), entry.sha256):
                raise Refused(f"{place}/{name} approves something else than {place}/{ENTRY}")
            yield approval
