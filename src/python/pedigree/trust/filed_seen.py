"""What those who sign saw of a directory of attestations, so that nobody signs on top of one that was put back.

A verifier remembers what is in force as a whole (`seen`). Who works on a directory sees less: a trust root whose
snapshot is yet to be made, a snapshot that waits for signatures, a revocation that none lists yet. Both remember in the
same file, for the same reason, and verifiers do not take for listed what is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from pedigree.trust.attestations import read_attestations
from pedigree.trust.filed import Filed, filed_now
from pedigree.trust.last_snapshot import KEPT, read_kept
from pedigree.trust.remembered import recall, update
from pedigree.trust.seen import Seen, Unlisted, is_void
from pedigree.trust.taken_back import Signing, require_nothing_filed_taken_back, require_nothing_listed_taken_back

Plans = Mapping[str, tuple[int, str]]


def compare_filed(memory: Path, directory: Path, signing: Signing) -> None:
    """Hold a directory, as it is and as it will be, against what was seen before.

    Args:
        memory: The directory of what was seen; it may be missing.
        directory: Of attestations; it may be missing.
        signing: What is to be filed.

    Raises:
        MalformedEvidence: A file is not what its place says.
        Refused: A signature does not count, or the directory goes back behind what was seen before.
        ToolError: The memory cannot be read.
    """
    now, then = _shown(directory, signing)
    if then is not None:
        _require_not_behind(recall(memory, then.family), now, then, signing)


def remember_filed(memory: Path, directory: Path, signing: Signing) -> None:
    """Compare as `compare_filed`, and remember what the directory shows as it is.

    Call it before somebody signs, and when that is filed. Where there is no trust root in force there is nothing.

    Raises:
        MalformedEvidence: As `compare_filed`.
        Refused: As `compare_filed`; then nothing is remembered.
        ToolError: The memory cannot be read or written.
    """
    now, then = _shown(directory, signing)
    if then is None:
        return
    if now is None:
        _require_not_behind(recall(memory, then.family), now, then, signing)
        return

    def compared(seen: Seen) -> Seen:
        _require_not_behind(seen, now, then, signing)
        return _joined(seen, now)

    update(memory, now.family, compared)


def _shown(directory: Path, signing: Signing) -> tuple[Filed | None, Filed | None]:
    """What a directory shows, and what it will."""
    files = read_attestations(directory) if directory.is_dir() else {}
    kept = read_kept(directory)
    now = filed_now(files, kept)
    if not signing.files:
        return now, now
    return now, filed_now({**files, **signing.files}, signing.files.get(KEPT, kept))


def _require_not_behind(seen: Seen, now: Filed | None, then: Filed, signing: Signing) -> None:
    if now is not None and now is not then:
        require_nothing_listed_taken_back(seen, now, signing, then)
    require_nothing_listed_taken_back(seen, then, signing, then)
    require_nothing_filed_taken_back(seen, then, signing)


def _joined(seen: Seen, filed: Filed) -> Seen:
    """What is remembered afterwards."""
    now = filed.listed
    # As of a verifier: under a new trust root no old snapshot counts, and their numbers may begin anew.
    roots, snapshot = ({**seen.roots, **now.roots}, now.snapshot) if filed.current else (seen.roots, seen.snapshot)
    void = frozenset(item for item in seen.revoked | seen.unlisted.revoked if is_void(item, filed.root))
    revoked, plans = (seen.revoked - void) | now.revoked, {**seen.plans, **now.plans}
    signed = {**seen.unlisted.roots, **filed.shown.roots}
    unlisted = Unlisted(
        {version: digest for version, digest in signed.items() if version not in roots},
        ((seen.unlisted.revoked - void) | filed.shown.revoked) - revoked,
        _newest((*seen.unlisted.plans.items(), *filed.shown.plans.items()), plans),
    )
    return Seen(roots, snapshot, revoked, plans, seen.releases, unlisted)


def _newest(plans: Iterable[tuple[str, tuple[int, str]]], listed: Mapping[str, tuple[int, str]]) -> Plans:
    """Release -> its newest plan, where that is newer than what was listed; of two of one version the first one."""
    found: dict[str, tuple[int, str]] = {}
    for release, plan in plans:
        if plan[0] > max(found.get(release, (0, ""))[0], listed.get(release, (0, ""))[0]):
            found[release] = plan
    return found
