"""What was seen, as the file of the memory holds it, and as earlier versions did: an update forgets nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pedigree.trust.seen import Revoked, Seen, Unlisted

SCHEMA = "pedigree.seen/5"
TOO_LITTLE = "pedigree.seen/1"
"""What verifiers wrote first; it is not read."""
_WITHOUT_UNLISTED = "pedigree.seen/4"
_WITHOUT_RELEASES = "pedigree.seen/3"
_WITHOUT_DIGESTS = "pedigree.seen/2"
_READ = (_WITHOUT_DIGESTS, _WITHOUT_RELEASES, _WITHOUT_UNLISTED, SCHEMA)
"""The oldest first; each remembers what the one before it does, and more."""
_Plans = Mapping[str, tuple[int, str]]


def seen_from_json(document: dict[str, Any]) -> Seen:
    """What a document says was seen.

    Raises:
        KeyError: It lacks a field. Like `TypeError`, `ValueError` and `AttributeError`, it says that this is no such
            document.
    """
    age = _READ.index(document["schema"])
    snapshot = document["snapshot"]
    return Seen(
        roots=_roots(document),
        snapshot=(int(snapshot["version"]), str(snapshot["sha256"])),
        revoked=_revoked(document),
        plans=_plans(document) if age else {str(name): (int(plan), "") for name, plan in document["plans"].items()},
        releases=frozenset(map(str, document["releases"])) if age > _READ.index(_WITHOUT_RELEASES) else frozenset(),
        unlisted=_unlisted(document["unlisted"]) if age > _READ.index(_WITHOUT_UNLISTED) else Unlisted(),
    )


def seen_to_json(seen: Seen) -> dict[str, Any]:
    """The document that says what was seen."""
    unlisted = seen.unlisted
    return {
        "schema": SCHEMA,
        "snapshot": {"version": str(seen.snapshot[0]), "sha256": seen.snapshot[1]},
        **_fields(seen.roots, seen.revoked, seen.plans),
        "releases": sorted(seen.releases),
        "unlisted": _fields(unlisted.roots, unlisted.revoked, unlisted.plans),
    }


def _unlisted(document: Mapping[str, Any]) -> Unlisted:
    return Unlisted(_roots(document), _revoked(document), _plans(document))


def _roots(document: Mapping[str, Any]) -> dict[int, str]:
    return {int(version): str(digest) for version, digest in document["roots"].items()}


def _revoked(document: Mapping[str, Any]) -> frozenset[Revoked]:
    return frozenset(Revoked(**item) for item in document["revoked"])


def _plans(document: Mapping[str, Any]) -> dict[str, tuple[int, str]]:
    return {str(name): (int(plan["version"]), str(plan["sha256"])) for name, plan in document["plans"].items()}


def _fields(roots: Mapping[int, str], revoked: frozenset[Revoked], plans: _Plans) -> dict[str, Any]:
    return {
        "roots": {str(version): digest for version, digest in roots.items()},
        "revoked": [item._asdict() for item in sorted(revoked)],
        "plans": {name: {"version": str(version), "sha256": digest} for name, (version, digest) in plans.items()},
    }
