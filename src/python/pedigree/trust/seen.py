"""What a verifier saw of a family of trust roots, and whether a state of things takes back anything of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

from pedigree.trust.authority import Authority
from pedigree.trust.decisions import Revocation
from pedigree.trust.errors import PUBLISHED_NOW, Refused
from pedigree.trust.filed_plans import plans_of
from pedigree.trust.pair import plan_path
from pedigree.trust.revocations import revoked_keys
from pedigree.trust.root import TrustRoot
from pedigree.trust.times import parse_time


class Revoked(NamedTuple):
    """One thing that was revoked.

    Attributes:
        kind: Of what kind it is.
        sha256: Its digest, or the fingerprint of the key that it is.
        keyid: Whose key signed that.
        time: When; as its signer stated it, or as a log saw it later.
    """

    kind: str
    sha256: str
    keyid: str
    time: str


@dataclass(frozen=True)
class Unlisted:
    """What is filed, whether a snapshot lists it or not. It binds those who sign on top of it.

    Attributes:
        roots: Version -> digest, of trust roots that enough owners signed; a verifier believes none older, either.
        revoked: What was revoked.
        plans: Release -> version and digest of the plan that its owners signed.
    """

    roots: Mapping[int, str] = field(default_factory=dict)
    revoked: frozenset[Revoked] = frozenset()
    plans: Mapping[str, tuple[int, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Seen:
    """What was believed.

    Attributes:
        roots: Version -> digest, of every trust root that was believed.
        snapshot: Number and digest of the newest snapshot; 0 and nothing when there was none.
        revoked: What snapshots listed as revoked.
        plans: Release -> version and digest of the plan that its owners signed; no digest where it is not known.
        releases: Digests of the seals of releases that held while their sealers and plans were in force.
        unlisted: What who signs saw filed while no snapshot that counts went with it.
    """

    roots: Mapping[int, str]
    snapshot: tuple[int, str]
    revoked: frozenset[Revoked]
    plans: Mapping[str, tuple[int, str]]
    releases: frozenset[str] = frozenset()
    unlisted: Unlisted = Unlisted()

    @cached_property
    def newest(self) -> int:
        """The highest version of the trust root; 0 when there was none."""
        return max(self.roots, default=0)

    @cached_property
    def signed_roots(self) -> Mapping[int, str]:
        """Version -> digest, of every trust root that enough owners signed, believed or not."""
        return {**self.unlisted.roots, **self.roots}

    @property
    def keys(self) -> frozenset[str]:
        """Fingerprints of the keys that were revoked."""
        return frozenset(item.sha256 for item in self.revoked if item.kind == "key")


NOTHING = Seen({}, (0, ""), frozenset(), {})


def seen_now(authority: Authority) -> Seen:
    """What there is to remember of what is in force.

    Raises:
        MalformedEvidence: A plan is none.
    """
    snapshot = authority.snapshot
    listed = frozenset(entry for item in authority.listed for entry in entries_of(item))
    plans = plans_of(authority.layouts, authority.versions, revoked_keys(authority.revocations))
    return Seen(authority.roots, (snapshot.version, snapshot.digest), listed, plans)


def require_nothing_taken_back(seen: Seen, now: Seen, authority: Authority) -> None:
    """Hold what is in force now against what was seen before.

    Raises:
        Refused: It is older, it is another one of the same version, or a plan or a revocation is gone.
    """
    require_roots_kept(seen, now.roots)
    # A snapshot names its trust root, so under a new root no old one counts, and numbers may begin anew: a stolen key
    # that signed the last number there is can be replaced (fast-forward recovery, TUF 1.0.34, section 5.3.11).
    if now.newest == seen.newest:
        require_not_older("snapshot", now.snapshot[0], seen.snapshot[0])
        if now.snapshot[0] == seen.snapshot[0]:
            require_same("snapshot", now.snapshot[0], now.snapshot[1], seen.snapshot[1])
    _require_plans(seen, now, authority)
    for item in sorted(seen.revoked):
        if authority.revocation_of(item.sha256) is None and not is_void(item, authority.root):
            what = f"the revocation of the {item.kind} sha256:{item.sha256}, which was seen before, is missing"
            raise Refused(what, PUBLISHED_NOW)


def joined(seen: Seen, now: Seen, root: TrustRoot) -> Seen:
    """What is remembered afterwards: nothing of what was seen before is forgotten, unless its signer had no say."""
    kept = frozenset(item for item in seen.revoked if not is_void(item, root))
    roots, plans = {**seen.roots, **now.roots}, {**seen.plans, **now.plans}
    releases = seen.releases | now.releases
    return replace(seen, roots=roots, snapshot=now.snapshot, revoked=kept | now.revoked, plans=plans, releases=releases)


def entries_of(item: Revocation) -> list[Revoked]:
    """What there is to remember of a revocation."""
    return [Revoked(item.kind, digest, item.keyid, item.signed_at) for digest in item.subjects.values()]


def is_void(item: Revoked, root: TrustRoot) -> bool:
    """Whether owners retired the key that revoked it, as of a time before it did so: then nobody may list that."""
    holder = root.holders.get(item.keyid)
    return holder is not None and bool(holder.retired) and parse_time(item.time) >= parse_time(holder.retired)


def _require_plans(seen: Seen, now: Seen, authority: Authority) -> None:
    """Quality signs snapshots, and cannot end a plan by leaving it out: owners alone withdraw it, by its next version.

    A release brings its own plan and no other, so of others it is asked only whether the snapshot lists one.
    """
    for release, (version, digest) in sorted(seen.plans.items()):
        if plan_path(release) not in authority.snapshot.files:
            raise Refused(
                f"version {version} of the plan of '{release}', which was seen before, was taken away; only its owners "
                "end a plan, by signing the next version",
                PUBLISHED_NOW,
            )
        if release in now.plans:
            what = f"plan of '{release}'"
            require_not_older(what, now.plans[release][0], version)
            if digest and now.plans[release][0] == version:
                require_same(what, version, now.plans[release][1], digest)


def require_roots_kept(seen: Seen, roots: Mapping[int, str]) -> None:
    """Refuse trust roots, version -> digest, of which the newest is older than what was seen, or one is another."""
    known = seen.signed_roots
    require_not_older("root", max(roots), max(known, default=0))
    for version in sorted(known.keys() & roots.keys()):
        require_same("root", version, roots[version], known[version])


def require_not_older(what: str, version: int, before: int) -> None:
    """Refuse a version below one that was seen."""
    if version < before:
        told = f"version {version} of the {what} is older than version {before}, which was seen before"
        raise Refused(told, PUBLISHED_NOW)


def require_same(what: str, version: int, digest: str, known: str) -> None:
    """Refuse what is another than what was seen as the same version."""
    if digest != known:
        told = f"version {version} of the {what} is another one than the one that was seen before"
        raise Refused(
            told, "ask its signers which of the two is theirs: they signed one number twice, or a key was stolen"
        )
