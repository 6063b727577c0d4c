"""Whether a directory of attestations takes back what those who sign in it saw before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from pedigree.trust.chain import ROOTS
from pedigree.trust.errors import Refused
from pedigree.trust.filed import Filed
from pedigree.trust.pair import plan_path
from pedigree.trust.places import LAYOUTS, REVOCATIONS
from pedigree.trust.root import TrustRoot
from pedigree.trust.seen import Revoked, Seen, is_void, require_not_older, require_roots_kept, require_same

_BRING = "bring the directory up to date before you sign, or find out who put an older one in its place"


@dataclass(frozen=True)
class Signing:
    """What somebody is about to sign.

    Attributes:
        place: Where that is filed: `root`, `revocations`, `layouts`, ...
        files: Path relative to the directory -> content, as far as it is known; without the signature, before there
            is one.
    """

    place: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)


def require_nothing_listed_taken_back(seen: Seen, filed: Filed, signing: Signing, then: Filed) -> None:
    """Hold a directory against the trust roots that were seen, and against what snapshots listed.

    Args:
        seen: What was seen before.
        filed: What the directory shows now, or will.
        signing: What is about to be signed.
        then: What the directory will show.

    Raises:
        Refused: It is older, it is another one of the same version, or a plan or a revocation is gone.
    """
    try:
        _require_numbers(seen, filed)
        for item in _missing(seen.revoked, filed, signing, then):
            what = f"the revocation of the {item.kind} sha256:{item.sha256}, which was seen before, is missing"
            raise Refused(what)
    except Refused as problem:
        raise Refused(str(problem), _BRING) from problem


def require_nothing_filed_taken_back(seen: Seen, then: Filed, signing: Signing) -> None:
    """Hold a directory, as it will be, against what was filed and is in no snapshot yet.

    A branch may be given up before anything of it is listed. What brings that back, or goes beyond it, must be possible
    to sign, so it is not held against the rest: a revocation, which starts nothing; the next plan of the same release;
    a trust root by which who revoked had no say any more. Everything else is signed when that is done.

    Raises:
        Refused: A revocation or a plan is gone, or a plan is older or another one of the same version.
    """
    if signing.place == REVOCATIONS:
        return
    for release, plan in sorted(seen.unlisted.plans.items()):
        if signing.place != LAYOUTS or plan_path(release) in signing.files:
            _require_plan(release, plan, then)
    for item in _missing(seen.unlisted.revoked, then, signing, then):
        raise Refused(
            f"the revocation of the {item.kind} sha256:{item.sha256}, which was filed before, is missing",
            _revoke_again(item, then.root),
        )


def _require_numbers(seen: Seen, filed: Filed) -> None:
    now = filed.listed
    require_roots_kept(seen, now.roots)
    if now.newest == seen.newest:
        require_not_older("snapshot", now.snapshot[0], seen.snapshot[0])
        if now.snapshot[1] and now.snapshot[0] == seen.snapshot[0]:
            require_same("snapshot", now.snapshot[0], now.snapshot[1], seen.snapshot[1])
    for release, (before, known) in sorted(seen.plans.items()):
        if release not in filed.plans:
            raise Refused(f"version {before} of the plan of '{release}', which was seen before, is missing")
        # Whoever signed it, and whether the snapshot lists it so: it is what the next signature would bring back.
        version, digest = filed.plans[release]
        require_not_older(f"plan of '{release}'", version, before)
        if known and version == before:
            require_same(f"plan of '{release}'", version, digest, known)


def _require_plan(release: str, seen: tuple[int, str], then: Filed) -> None:
    """Refuse what is not the plan that was filed, nor a newer one."""
    before, known = seen
    version, digest = then.plans.get(release, (0, ""))
    if version > before or (version, digest) == seen:
        return
    if not version:
        what = f"version {before} of the plan of '{release}', which was filed before, is missing"
    elif version < before:
        what = f"version {version} of the plan of '{release}' is older than version {before}, which was filed before"
    else:
        what = f"version {version} of the plan of '{release}' is another one than the one that was filed before"
    raise Refused(
        what,
        f"bring that back, sha256:{known}; or, if it was given up, have owners sign the next one: "
        f"give the proposal the version {before + 1}",
    )


def _missing(revoked: Iterable[Revoked], filed: Filed, signing: Signing, then: Filed) -> Iterator[Revoked]:
    """What was revoked and is not any more, although its signer has a say.

    Who signs a trust root may take that from him, so it is asked when what it says is known.
    """
    roots = signing.place == ROOTS
    if roots and not signing.files:
        return
    filed_now = {item.sha256 for item in filed.shown.revoked}
    root = then.newest if roots else filed.root
    yield from (item for item in sorted(revoked) if item.sha256 not in filed_now and not is_void(item, root))


def _revoke_again(item: Revoked, root: TrustRoot) -> str:
    """What to do about a revocation that was never listed, and is gone."""
    holder = root.holders.get(item.keyid)
    who = holder.name if holder else item.keyid
    return (
        f"bring back what {who} signed at {item.time}, or file it again: `pedigree revoke {item.kind} "
        f"NAME={item.sha256}`; it ends only when owners retire the key of {who} as of then: `pedigree keys rotate` or "
        f"`retire`, --time {item.time}"
    )
