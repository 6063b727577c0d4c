"""What those who sign saw of a directory of attestations, so that nobody signs on top of one that was put back.

A verifier remembers what is in force as a whole (`seen`). Who works on a directory sees less: a trust root whose
snapshot is yet to be made, a snapshot that waits for signatures. Both remember in the same file, for the same reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pedigree.step.digests import sha256_bytes
from pedigree.trust.attestations import read_attestations
from pedigree.trust.decisions import Revocation
from pedigree.trust.errors import Refused
from pedigree.trust.last_snapshot import read_kept
from pedigree.trust.pair import plan_path
from pedigree.trust.places import SNAPSHOT
from pedigree.trust.remembered import update
from pedigree.trust.revocations import open_revocations, revocation_paths, revoked_keys
from pedigree.trust.roles import QUALITY
from pedigree.trust.root import TrustRoot
from pedigree.trust.seen import Seen, entries_of, is_void, plans_of, require_not_older, require_same
from pedigree.trust.snapshot import Snapshot, parse_snapshot
from pedigree.trust.versions import read_versions

_HINT = "bring the directory up to date before you sign, or find out who put an older one in its place"


@dataclass(frozen=True)
class Filed:
    """What a directory shows of its own.

    Attributes:
        root: The newest trust root that does not lack signatures.
        family: Digest of the first one.
        seen: What there is to remember. The snapshot is the last one in force, of whichever of the trust roots; nothing
            is told of its digest where only the number of the next one is known.
        current: Whether the snapshot is of the newest trust root.
        revocations: All that are filed, listed or not.
        paths: Where files lie, relative to the directory.
    """

    root: TrustRoot
    family: str
    seen: Seen
    current: bool
    revocations: tuple[Revocation, ...]
    paths: frozenset[str]


def remember_filed(memory: Path, directory: Path) -> None:
    """Hold a directory against what was seen before, and remember what it shows now.

    Call it before somebody signs, and when that is filed. Where there is no trust root in force there is nothing.

    Args:
        memory: The directory of what was seen; it is made when missing.
        directory: Of attestations; it may be missing.

    Raises:
        MalformedEvidence: A file is not what its place says.
        Refused: A signature does not count, or the directory goes back behind what was seen before.
        ToolError: The memory cannot be read or written.
    """
    files = read_attestations(directory) if directory.is_dir() else {}
    filed = filed_now(files, read_kept(directory)) if files else None
    if filed is not None:
        update(memory, filed.family, lambda seen: _joined(seen, filed))


def filed_now(files: Mapping[str, bytes], kept: bytes | None) -> Filed | None:
    """What a directory shows; None while its first trust root lacks signatures.

    Args:
        files: Path relative to the directory -> content.
        kept: The last snapshot, where the one that is filed lacks signatures.

    Raises:
        MalformedEvidence: As `remember_filed`.
        Refused: A signature does not count.
    """
    roots = tuple(version.root for version in read_versions(files) if not version.lacks())
    if not roots:
        return None
    revocations = open_revocations(files, roots[-1])
    revoked = revoked_keys(revocations)
    snapshot, number = _snapshot(files.get(SNAPSHOT), kept, roots, revoked)
    listed = {
        path: files[path]
        for path, sha256 in (snapshot.files if snapshot else {}).items()
        if path in files and sha256_bytes(files[path]) == sha256
    }
    opened = zip(revocation_paths(files), revocations, strict=True)
    seen = Seen(
        {root.version: root.digest for root in roots},
        (number, snapshot.digest if snapshot else ""),
        frozenset(entry for path, item in opened if path in listed for entry in entries_of(item)),
        plans_of(listed, roots, revoked),
    )
    current = snapshot is not None and snapshot.root_sha256 == roots[-1].digest
    return Filed(roots[-1], roots[0].digest, seen, current, revocations, frozenset(files))


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


def _joined(seen: Seen, filed: Filed) -> Seen:
    """What is remembered afterwards.

    Raises:
        Refused: The directory goes back behind what was seen.
    """
    try:
        _require_not_behind(seen, filed)
    except Refused as problem:
        raise Refused(str(problem), _HINT) from problem
    now = filed.seen
    # As of a verifier: under a new trust root no old snapshot counts, and their numbers may begin anew.
    snapshot = seen.snapshot if now.newest == seen.newest else (0, "")
    if filed.current:
        snapshot = now.snapshot
    void = frozenset(item for item in seen.revoked if is_void(item, filed.root))
    revoked = (seen.revoked - void) | now.revoked
    return Seen({**seen.roots, **now.roots}, snapshot, revoked, {**seen.plans, **now.plans}, seen.releases)


def _require_not_behind(seen: Seen, filed: Filed) -> None:
    now = filed.seen
    require_not_older("root", now.newest, seen.newest)
    for version in sorted(seen.roots.keys() & now.roots.keys()):
        require_same("root", version, now.roots[version], seen.roots[version])
    if now.newest == seen.newest:
        require_not_older("snapshot", now.snapshot[0], seen.snapshot[0])
        if now.snapshot[1] and now.snapshot[0] == seen.snapshot[0]:
            require_same("snapshot", now.snapshot[0], now.snapshot[1], seen.snapshot[1])
    for release, (version, _) in sorted(seen.plans.items()):
        if plan_path(release) not in filed.paths:
            raise Refused(f"version {version} of the plan of '{release}', which was seen before, is missing")
    for release, (version, digest) in sorted(now.plans.items()):
        before, known = seen.plans.get(release, (0, ""))
        require_not_older(f"plan of '{release}'", version, before)
        if known and version == before:
            require_same(f"plan of '{release}'", version, digest, known)
    revoked = {digest for item in filed.revocations for digest in item.subjects.values()}
    for item in sorted(seen.revoked):
        if item.sha256 not in revoked and not is_void(item, filed.root):
            raise Refused(f"the revocation of the {item.kind} sha256:{item.sha256}, which was seen before, is missing")
