"""What the owners say of a release: the plan and the layout that enough of them signed, and whose signatures count."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pedigree.trust.authority import Authority
from pedigree.trust.errors import Refused
from pedigree.trust.pair import Files, Pair, filed_pair, layout_path, plan_path
from pedigree.trust.plan import Plan
from pedigree.trust.public import PublicKey
from pedigree.trust.roles import OWNER
from pedigree.trust.root import TrustRoot


class TooFewOwners(Refused):
    """A plan is filed, and the signatures on it that count are too few."""


@dataclass(frozen=True)
class OwnersWord:
    """A plan with its layout that enough owners signed.

    Attributes:
        plan: What the release may be made of.
        layout: The in-toto layout that goes with it.
        names: Printed names of the owners who signed, sorted.
        keys: Their keys, by key id.
    """

    plan: Plan
    layout: dict[str, Any]
    names: tuple[str, ...]
    keys: tuple[PublicKey, ...]


def owners_word(
    files: Files, root: TrustRoot, revoked: frozenset[str], address: str, earlier: Iterable[TrustRoot] = ()
) -> OwnersWord | None:
    """What enough owners signed for a release; None where no owner signed anything.

    Args:
        files: Path relative to the directory of attestations -> content.
        root: The trust root in force.
        revoked: Fingerprints of keys whose signatures do not count.
        address: The release.
        earlier: The versions that led to that trust root, as far as they are known, the oldest first.

    Raises:
        MalformedEvidence: As `filed_pair`.
        Refused: As `filed_pair`.
        TooFewOwners: Too few owners signed both.
    """
    pair = filed_pair(files, address)
    if pair is None:
        return None
    signers, needed = counted(pair.signers, (*earlier, root), revoked)
    if len(signers) < needed:
        told = f"plan and layout of '{address}' have {len(signers)} of the {needed} owners' signatures they need"
        raise TooFewOwners(told + _of_revoked_keys(pair, root, revoked))
    holders = [root.holders[keyid] for keyid in sorted(signers)]
    keys = tuple(holder.key for holder in holders if isinstance(holder.key, PublicKey))
    return OwnersWord(pair.plan, pair.layout, tuple(sorted(holder.name for holder in holders)), keys)


def counted(
    signers: Callable[[Mapping[str, PublicKey]], frozenset[str]], versions: Sequence[TrustRoot], revoked: frozenset[str]
) -> tuple[frozenset[str], int]:
    """Whose signatures on a plan count, and how many it takes.

    A plan outlives the trust root that it was signed under. Its signers were owners together, with keys in use, under
    some version of the trust root that is believed; none of them was revoked since; and they are as many as that
    version and the newest one demand. A key that was retired since counts for what was filed before: the snapshot
    tells what that is, as it does of approvals.

    Args:
        signers: Ids of those keys, among given ones, whose signature holds.
        versions: Of the trust root, the oldest first; the last is in force.
        revoked: Fingerprints of keys whose signatures do not count.

    Returns:
        Ids of the keys, and their threshold; they are enough if they are as many.
    """
    newest = versions[-1].roles[OWNER].threshold
    signed = signers({keyid: key for root in versions for keyid, key in owner_keys(root, revoked).items()})
    found = [
        (signed & owner_keys(root, revoked).keys(), max(newest, root.roles[OWNER].threshold))
        for root in reversed(versions)
    ]
    return max(found, key=lambda each: len(each[0]) - each[1])


def owner_keys(root: TrustRoot, revoked: frozenset[str]) -> dict[str, PublicKey]:
    """Key id -> key, of owners who may sign under a version of the trust root."""
    return {keyid: key for keyid, key in root.keys(OWNER).items() if key.fingerprint not in revoked}


def word_in_force(authority: Authority, address: str, since: frozenset[str] = frozenset()) -> OwnersWord | None:
    """What the owners say of a release, by an authority that is verified.

    Args:
        authority: What is in force, or was when the release was sealed.
        address: The release.
        since: Fingerprints of keys that were revoked since then.

    Raises:
        MalformedEvidence: As `owners_word`.
        Refused: As `owners_word`, or the snapshot lists a plan or a layout of the release that is missing.
        TooFewOwners: As `owners_word`.
    """
    for path in (plan_path(address), layout_path(address)):
        if path in authority.snapshot.files and path not in authority.layouts:
            raise Refused(f"{path}, which the snapshot lists, is missing")
    return owners_word(authority.layouts, authority.root, authority.revoked | since, address, authority.versions[:-1])


def _of_revoked_keys(pair: Pair, root: TrustRoot, revoked: frozenset[str]) -> str:
    """In words, which signatures do not count any more; empty where none fell."""
    fallen = {keyid: key for keyid, key in root.all_keys(OWNER).items() if key.fingerprint in revoked}
    names = sorted(root.holders[keyid].name for keyid in pair.signers(fallen))
    if not names:
        return ""
    return f"; revoked is the key of {' and of '.join(names)}, and inside the plan is nothing until others sign it"
