"""Checks that a key alone cannot make: who may seal, what is approved, what is revoked, and whether that is news."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

from pedigree.trust.attested import standing_in
from pedigree.trust.authority import Authority, load_authority
from pedigree.trust.chain import FIRST_ROOT, family_of, root_path
from pedigree.trust.errors import Refused
from pedigree.trust.evidence import Delivered
from pedigree.trust.freshness import freshness
from pedigree.trust.owners import TooFewOwners, word_in_force
from pedigree.trust.remembered import compare, recall, remember
from pedigree.trust.roles import RELEASE
from pedigree.trust.root import TrustRoot, first_root, parse_root
from pedigree.trust.seen import NOTHING
from pedigree.trust.standing import approvals_of, require_not_revoked
from pedigree.trust.standing_statement import INSIDE, NO_PLAN, OUTSIDE, Standing, standing_words


@dataclass(frozen=True)
class Trust:
    """Whom a verifier believes.

    Attributes:
        anchor: A version of the trust root that the verifier was handed.
        files: Attestations as they are published now, path -> content; None to go by those in the release.
        memory: Where the verifier remembers what it saw; None to remember nothing.
        now: The time of the verification.
        max_age: How old the snapshot may be; None for as old as it says of itself.
        plan_required: Whether a release must have been sealed inside a plan; else it may be without one.
    """

    anchor: TrustRoot
    files: Mapping[str, bytes] | None
    memory: Path | None
    now: datetime
    max_age: timedelta | None
    plan_required: bool = False


class InForce:
    """A delivered release, and what is in force for it."""

    def __init__(self, delivered: Delivered, trust: Trust) -> None:
        self.delivered = delivered
        self.trust = trust

    @cached_property
    def files(self) -> Mapping[str, bytes]:
        """Attestations as they are published now, or those that the release brings."""
        return self.delivered.attested if self.trust.files is None else self.trust.files

    @cached_property
    def family(self) -> str:
        """Under which name the verifier remembers; as `family_of`."""
        return family_of(self.files, self.trust.anchor)

    @cached_property
    def authority(self) -> Authority:
        """What is in force, by what is published now or by what the release brings.

        Raises:
            MalformedEvidence: A file is not what its place says.
            Refused: It does not follow from the root that the verifier was handed.
        """
        seen = NOTHING if self.trust.memory is None else recall(self.trust.memory, self.family)
        return load_authority(self.files, self.trust.anchor, seen.keys, seen.roots)

    @cached_property
    def then(self) -> Authority:
        """What was in force when the release was sealed, by what it brings; what is in force now, if it brings nothing.

        Raises:
            MalformedEvidence: A file is not what its place says.
            Refused: It is of other trust roots than what is published now.
        """
        brought, published = self.delivered.attested, self.trust.files
        if published is None or not brought:
            return self.authority
        then = load_authority(brought, _first(published, self.trust.anchor))
        own = published.get(root_path(then.root.version), b"")
        if parse_root(own, "the trust root that the release was sealed under")[0].digest != then.root.digest:
            raise Refused("the release was sealed under another trust root than the one that is published")
        return then


def _first(files: Mapping[str, bytes], anchor: TrustRoot) -> TrustRoot:
    """Version 1 of the trust root, from which the version that the verifier was handed follows."""
    if anchor.version == 1:
        return anchor
    family_of(files, anchor)
    return first_root(files[FIRST_ROOT], FIRST_ROOT)


# (14) Trust root and snapshot follow from the given root, and nothing newer was seen before.
def _root_follows(release: InForce) -> str:
    return _told(release, compare)


def remember_it(release: InForce) -> str:
    """Check 14 once more, and remember what was seen. For when all holds: what is not believed teaches nothing.

    Raises:
        MalformedEvidence: As check 14.
        Refused: As check 14; another verifier may have seen something newer meanwhile.
        ToolError: The memory cannot be written.
    """
    return _told(release, remember)


def _told(release: InForce, how: Callable[[Path, str, Authority], str]) -> str:
    authority, memory = release.authority, release.trust.memory
    told = f"trust root {authority.root.version}, snapshot {authority.snapshot.version}"
    return f"{told}; {how(memory, release.family, authority) if memory else 'nothing is remembered'}"


# (15) The key that sealed the release had the role of sealing releases when it did, and is not revoked since.
def _sealed_in_role(release: InForce) -> str:
    public, root = release.delivered.public, release.then.root
    holder, since = root.holders.get(public.keyid), release.authority.root.holders.get(public.keyid)
    if holder is None or since is None:
        raise Refused("a developer's build: its key has no role in the trust root")
    if revocation := release.authority.revocation_of(public.fingerprint):
        raise Refused(f"the key of {holder.name} is revoked: {revocation.reason}")
    if root.role_of(public.keyid) != RELEASE:
        raise Refused(f"the key is that of {holder.name}, whose role is {root.role_of(public.keyid)}, not {RELEASE}")
    if holder.retired:
        raise Refused(f"the key of {holder.name} was retired at {holder.retired}, before the release was sealed")
    return f"sealed by {holder.name}" + (f", whose key was retired at {since.retired}" if since.retired else "")


# (16) Every base model is approved, for just the bytes that were used, by the roles that the trust root demands.
def _bases_approved(release: InForce) -> str:
    found = approvals_of(release.delivered.graph, release.authority)
    people = {
        f"{approval.signature.name} ({approval.signature.role}, {approval.signature.time})"
        for item in found.values()
        for approval in item.approvals
    }
    names = ", ".join(sorted({item.entry.name for item in found.values()}))
    return f"{names}: approved by {', '.join(sorted(people))}" if found else "the release starts from no base model"


# (17) Nothing that the release was made from is revoked, nor the release itself.
def _nothing_revoked(release: InForce) -> str:
    require_not_revoked(release.delivered.graph, release.authority)
    return f"{len(release.authority.revocations)} revocations, none of which is of anything in it"


# (18) The release is inside the plan that its owners signed, where they signed one, and says of itself no more.
def _inside_plan(release: InForce) -> str:
    delivered, address = release.delivered, release.delivered.graph.nodes[release.delivered.graph.release].address
    graph, public = delivered.graph, delivered.public
    found = standing_in(graph, address, release.then, public, release.authority.revoked)
    if delivered.standing is not None and delivered.standing != found:
        raise Refused(f"it is said to be '{standing_words(delivered.standing)}', but it is '{standing_words(found)}'")
    if release.trust.plan_required:
        _require_plan(delivered.standing)
    if found.claim == NO_PLAN and word_in_force(release.authority, address) is not None:
        found = standing_in(graph, address, release.authority, public)
    if found.claim == OUTSIDE:
        raise Refused(standing_words(found))
    return f"{standing_words(found)}{_since(release, address, found)}"


def _since(release: InForce, address: str, found: Standing) -> str:
    """What became of the plan since; a release that was made inside of it remains so."""
    try:
        now = word_in_force(release.authority, address)
    except TooFewOwners as problem:
        return f"; now {problem}"
    if now is None or found.claim == NO_PLAN or now.plan.digest == found.plan:
        return ""
    what = "its owners withdrew it by" if now.plan.withdrawn else "in force now is"
    return f"; {what} version {now.plan.version} of the plan"


def _require_plan(told: Standing | None) -> None:
    """Refuse what was not sealed inside a plan. What owners signed since foresaw nothing."""
    if told is None:
        raise Refused("a plan is required: the release is of a version of the format that tells of none")
    if told.claim != INSIDE:
        raise Refused(f"a plan is required: the release was sealed as {standing_words(told)}")


# (19) What is in force is told by a snapshot that is not out of date.
def _snapshot_fresh(release: InForce) -> str:
    return freshness(release.authority.snapshot, release.trust.now, release.trust.max_age)


CHECKS: tuple[tuple[str, Callable[[InForce], str]], ...] = (
    ("trust root and snapshot follow from the given root, and nothing newer was seen before", _root_follows),
    ("the key that sealed the release may seal releases", _sealed_in_role),
    ("every base model is approved for just these bytes", _bases_approved),
    ("nothing that the release was made from is revoked, nor the release itself", _nothing_revoked),
    ("the release is inside the plan that its owners signed, where they signed one", _inside_plan),
    ("what is in force is told by a snapshot that is not out of date", _snapshot_fresh),
)
