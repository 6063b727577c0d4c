"""The chain of trust roots: each version replaces the one before it, by the word of the owners of both.

What is believed is walked upwards from the version that a verifier was handed. What lies below it is held against it
by digests alone: the version that is believed names the one that it replaces.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise

from pedigree.trust.errors import PUBLISHED_NOW, Refused
from pedigree.trust.lasting import require_lasting
from pedigree.trust.roles import OWNER
from pedigree.trust.root import TrustRoot, parse_root

ROOTS = "root"
_NUMBER = re.compile("[1-9][0-9]{0,9}")
Files = Mapping[str, bytes]
Revoked = frozenset[str]


def root_path(version: int) -> str:
    """Where a version lies, relative to the directory of attestations."""
    return f"{ROOTS}/{version}.json"


FIRST_ROOT = root_path(1)
"""That of the version from which all others follow."""


def walk_roots(
    files: Files, anchor: TrustRoot, revoked: Callable[[TrustRoot], Revoked], seen: Mapping[int, str]
) -> tuple[TrustRoot, ...]:
    """All versions from the one that is believed to the newest.

    Args:
        files: Path relative to the directory of attestations -> content.
        anchor: The version that is believed.
        revoked: Fingerprints of the keys that are revoked, as they are known under a version.
        seen: Version -> digest, of those that were believed before, whoever was revoked since.

    Raises:
        MalformedEvidence: A file is no trust root.
        Refused: A version does not follow, is missing among others, or the directory knows another version than the
            one that is believed.
    """
    _require_anchored(files, anchor)
    roots = [anchor]
    while (data := files.get(path := root_path(roots[-1].version + 1))) is not None:
        roots.append(next_root(roots[-1], data, path))
    _require_no_other(files, roots[-1].version)
    for before, after in pairwise(roots):
        if seen.get(after.version) != after.digest:
            _require_vouched(files, before, roots[-1].version, revoked(before))
    return tuple(roots)


def _require_anchored(files: Files, anchor: TrustRoot) -> None:
    """What was put together was put together under the version that is believed."""
    own = files.get(root_path(anchor.version))
    if own is None:
        what = f"version {anchor.version} of the trust root is missing; an older state of things was put back"
        raise Refused(what, PUBLISHED_NOW)
    if parse_root(own, root_path(anchor.version))[0].digest != anchor.digest:
        raise Refused(f"version {anchor.version} of the trust root is another one than the one that is believed")


def next_root(root: TrustRoot, data: bytes, origin: str) -> TrustRoot:
    """The version that replaces a trusted one.

    Args:
        root: The version that is trusted.
        data: The file of the next version.
        origin: What to call it in an error.

    Raises:
        MalformedEvidence: It is no trust root.
        Refused: It does not follow, too few owners of one of the two versions signed it, or it changes what no version
            may change.
    """
    found, signed = parse_root(data, origin)
    if found.version != root.version + 1 or found.replaces != root.digest:
        raise Refused(f"{origin} is version {found.version} and does not replace version {root.version}")
    signed.require(root.keys(OWNER), root.roles[OWNER].threshold, f"{origin}, by the owners of version {root.version}")
    signed.require(found.keys(OWNER), found.roles[OWNER].threshold, f"{origin}, by its own owners")
    require_lasting(root, found, origin)
    return found


def ancestors(files: Files, anchor: TrustRoot) -> tuple[TrustRoot, ...]:
    """The versions below the one that is believed, as far down as they are there, the oldest first.

    Raises:
        MalformedEvidence: A file is no trust root.
        Refused: A version is not the one that the next one replaces.
    """
    return tuple(_downwards(files, anchor))[:0:-1]


def family_of(files: Files, anchor: TrustRoot) -> str:
    """Digest of the first version, which all versions share, whichever of them a verifier was handed.

    Raises:
        MalformedEvidence: A file is no trust root.
        Refused: A version below the one that is believed is missing, or is not the one that the next one replaces.
    """
    first = (*ancestors(files, anchor), anchor)[0]
    if first.version != 1:
        # Without it nobody could tell what was seen of this family before, and rollback would be open to whoever
        # takes it away.
        raise Refused(f"{root_path(first.version - 1)} is missing, from which the trust root that is believed follows")
    return first.digest


def _downwards(files: Files, anchor: TrustRoot) -> Iterator[TrustRoot]:
    root = anchor
    yield root
    while root.version > 1 and (data := files.get(path := root_path(root.version - 1))) is not None:
        before = parse_root(data, path)[0]
        if (before.version, before.digest) != (root.version - 1, root.replaces):
            raise Refused(f"{path} is another one than the one that version {root.version} replaces")
        root = before
        yield root


def _require_no_other(files: Files, newest: int) -> None:
    """A version beyond a gap would say that a newer one exists, and that what leads to it was taken away."""
    if other := sorted(path for path in files if path.startswith(f"{ROOTS}/") and not _is_version(path, newest)):
        raise Refused(f"{other[0]} is there, but no version {newest + 1} of the trust root that leads to it")


def _is_version(path: str, newest: int) -> bool:
    """Whether a path is that of a version up to the newest; versions may be as high as numbers go."""
    number = path[len(ROOTS) + 1 :].removesuffix(".json")
    return _NUMBER.fullmatch(number) is not None and int(number) <= newest and path == root_path(int(number))


def _require_vouched(files: Files, before: TrustRoot, newest: int, revoked: Revoked) -> None:
    """Enough owners whose keys are not revoked signed what follows a version, or something that follows from that.

    A later version names by digest all that come before it, so whoever signs it vouches for them. So a chain in which
    somebody signed whose key was revoked later is mended by the next version, which other owners sign.
    """
    owners = before.keys(OWNER)
    left = {keyid: key for keyid, key in owners.items() if key.fingerprint not in revoked}
    if left == owners:
        return
    paths = [root_path(version) for version in range(before.version + 1, newest + 1)]
    signers = {keyid for path in paths for keyid in parse_root(files[path], path)[1].signers(left)}
    if len(signers) < before.roles[OWNER].threshold:
        raise Refused(
            f"{paths[0]}, by owners of version {before.version} whose keys are not revoked, has {len(signers)} of the "
            f"{before.roles[OWNER].threshold} signatures that it needs; the others must sign the newest version"
        )
