"""Revocations as they are filed, each opened by the trust root, and the keys that they take away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pedigree.trust.decisions import Revocation, open_revocation
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.places import REVOCATIONS
from pedigree.trust.root import TrustRoot

Files = Mapping[str, bytes]
Revoked = frozenset[str]


def open_revocations(files: Files, root: TrustRoot) -> tuple[Revocation, ...]:
    """All of them, listed or not; the word of a key that was itself revoked still stops things, for it starts none.

    Raises:
        MalformedEvidence: A file is no revocation.
        Refused: A signature does not count.
    """
    return tuple(open_revocation(files[path], root, path, files) for path in revocation_paths(files))


def revocation_paths(files: Files) -> list[str]:
    """Where revocations lie, sorted."""
    return sorted(path for path in files if path.startswith(f"{REVOCATIONS}/"))


def revoked_keys(revocations: Iterable[Revocation]) -> Revoked:
    """Fingerprints of the keys that are revoked."""
    return frozenset(digest for item in revocations if item.kind == "key" for digest in item.subjects.values())


def revoked_under(files: Files, root: TrustRoot) -> Revoked:
    """Fingerprints that are revoked by what opens under a version of the trust root.

    What does not open is of somebody who came later, or of nobody; the newest version decides which. What cannot be
    checked here is refused by whoever opens all of them.
    """
    return revoked_keys(_open_those_that_open(files, root))


def _open_those_that_open(files: Files, root: TrustRoot) -> Iterator[Revocation]:
    for path in revocation_paths(files):
        try:
            yield open_revocation(files[path], root, path, files)
        except (Refused, MalformedEvidence):
            continue
