"""What a directory of attestations shows of its own to those who sign in it, complete or on its way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pedigree.step.digests import sha256_bytes
from pedigree.trust.chain import ROOTS
from pedigree.trust.decisions import Revocation, open_revocation
from pedigree.trust.errors import Refused
from pedigree.trust.filed_plans import filed_plans, plans_of
from pedigree.trust.places import SNAPSHOT
from pedigree.trust.revocations import revocation_paths, revoked_keys
from pedigree.trust.roles import QUALITY
from pedigree.trust.root import TrustRoot
from pedigree.trust.seen import Revoked, Seen, Unlisted, entries_of, is_void
from pedigree.trust.snapshot import Snapshot, parse_snapshot
from pedigree.trust.versions import read_versions


@dataclass(frozen=True)
class Filed:
    """What a directory shows of its own.

    Attributes:
        root: The newest trust root that does not lack signatures.
        newest: The newest one that there is; it may lack signatures.
        family: Digest of the first one.
        listed: What there is to remember of what snapshots listed. The snapshot is the last one in force, of whichever
            of the trust roots; nothing is told of its digest where only the number of the next one is known.
        current: Whether the snapshot is of the newest trust root.
        shown: What there is to remember of what is filed, listed or not.
        plans: Release -> version and digest of its plan, whoever signed that.
    """

    root: TrustRoot
    newest: TrustRoot
    family: str
    listed: Seen
    current: bool
    shown: Unlisted
    plans: Mapping[str, tuple[int, str]]


def filed_now(files: Mapping[str, bytes], kept: bytes | None) -> Filed | None:
    """What a directory shows; None while no trust root is in force.

    Args:
        files: Path relative to the directory -> content.
        kept: The last snapshot, where the one that is filed lacks signatures.

    Raises:
        MalformedEvidence: A file is not what its place says.
        Refused: A signature does not count.
    """
    versions = read_versions(files) if any(path.startswith(f"{ROOTS}/") for path in files) else ()
    roots = tuple(version.root for version in versions if not version.lacks())
    if not roots:
        return None
    revocations = dict(_revocations(files, roots))
    revoked = revoked_keys(revocations.values())
    snapshot, number = _snapshot(files.get(SNAPSHOT), kept, roots, revoked)
    listed = _listed(files, snapshot)
    digests = {root.version: root.digest for root in roots}
    seen = Seen(
        digests,
        (number, snapshot.digest if snapshot else ""),
        _entries(item for path, item in revocations.items() if path in listed),
        plans_of(listed, roots, revoked),
    )
    current = snapshot is not None and snapshot.root_sha256 == roots[-1].digest
    shown = Unlisted(digests, _entries(revocations.values()), plans_of(files, roots, revoked))
    plans = {plan.release: (plan.version, plan.digest) for plan, _ in filed_plans(files)}
    return Filed(roots[-1], versions[-1].root, roots[0].digest, seen, current, shown, plans)


def _revocations(files: Mapping[str, bytes], roots: tuple[TrustRoot, ...]) -> Iterator[tuple[str, Revocation]]:
    """Those that count. Owners may have retired the key that signed one, as of a time before: such a file is to go."""
    for path in revocation_paths(files):
        try:
            yield path, open_revocation(files[path], roots[-1], path, files)
        except Refused:
            if not any(_opens_as_void(files, path, root, roots[-1]) for root in roots[:-1]):
                raise


def _opens_as_void(files: Mapping[str, bytes], path: str, earlier: TrustRoot, root: TrustRoot) -> bool:
    try:
        opened = open_revocation(files[path], earlier, path, files)
    except Refused:
        return False
    return all(is_void(item, root) for item in entries_of(opened))


def _entries(revocations: Iterable[Revocation]) -> frozenset[Revoked]:
    return frozenset(entry for item in revocations for entry in entries_of(item))


def _listed(files: Mapping[str, bytes], snapshot: Snapshot | None) -> dict[str, bytes]:
    """Path -> file, of those that are what a snapshot lists."""
    listed = snapshot.files if snapshot else {}
    return {path: data for path, data in files.items() if path in listed and sha256_bytes(data) == listed[path]}


def _snapshot(
    data: bytes | None, kept: bytes | None, roots: tuple[TrustRoot, ...], revoked: frozenset[str]
) -> tuple[Snapshot | None, int]:
    """The last snapshot in force and its number; of what lacks signatures, that of the one before."""
    number = 0
    for file in (data, kept):
        if file is None:
            continue
        snapshot, signed = parse_snapshot(file, SNAPSHOT)
        root = next((root for root in roots if root.digest == snapshot.root_sha256), None)
        if root is not None:
            keys = {keyid: key for keyid, key in root.keys(QUALITY).items() if key.fingerprint not in revoked}
            if len(signed.signers(keys)) >= root.roles[QUALITY].threshold:
                return snapshot, snapshot.version
        number = number or snapshot.version - 1
    return None, number
