"""Checks of who sealed a release and inside of which plan, by what was in force then and by what is in force now.

Nothing signed tells when a release was sealed. What was in force then is told by the attestations that the release
brings, and its sealer chose them: whoever holds a key that was retired since, or misses a plan that was superseded
since, can seal today and bring the state of before. So both checks tell how old that state is, and a verifier to whom a
release is new can demand that key and plan are in force by what is published now (`Trust.in_force_now`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pedigree.trust.attested import standing_in
from pedigree.trust.authority import Authority
from pedigree.trust.errors import Refused
from pedigree.trust.owners import TooFewOwners, word_in_force
from pedigree.trust.roles import RELEASE
from pedigree.trust.standing_statement import INSIDE, NO_PLAN, OUTSIDE, Standing, standing_words

if TYPE_CHECKING:
    from pedigree.trust.inforce import InForce

_UNKNOWN = "and nothing shows that the release was sealed before"


# (15) The key that sealed the release had the role of sealing releases when it did, and is not revoked since.
def sealed_in_role(release: InForce) -> str:
    """Who sealed it, if he might.

    Raises:
        MalformedEvidence: As `InForce.then`.
        Refused: He might not; or his key is retired by now, where it must be in force.
    """
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
    if since.retired and release.must_be_in_force:
        raise Refused(f"the key of {holder.name} was retired at {since.retired}, {_UNKNOWN}{_states(release)}")
    retired = f", whose key was retired at {since.retired}" if since.retired else ""
    return f"sealed by {holder.name}{retired}{_states(release)}"


# (18) The release is inside the plan that its owners signed, where they signed one, and says of itself no more.
def inside_plan(release: InForce) -> str:
    """How it stands to its plan, if that is how it says that it does.

    Raises:
        MalformedEvidence: As `InForce.then`, or a plan is none.
        Refused: It is outside, says of itself what is not so, or has no plan where it must have one; or the plan is
            superseded, withdrawn or fallen by now, where it must be in force.
    """
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
    if release.must_be_in_force:
        _require_same(found, standing_in(graph, address, release.authority, public), release)
    return f"{standing_words(found)}{_since(release, address, found)}{_states(release)}"


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


def _require_same(found: Standing, now: Standing, release: InForce) -> None:
    """Refuse what is inside a plan by what the release brings, and stands otherwise by what is published now."""
    if found.claim == INSIDE and now != found:
        words = f"it is {standing_words(found)}; by what is published now it is {standing_words(now)}"
        raise Refused(f"{words}, {_UNKNOWN}{_states(release)}")


def _states(release: InForce) -> str:
    """The state that the release brings beside the one that is published; empty where there is one alone."""
    if release.then is release.authority:
        return ""
    return f"; it brings {_state(release.then)}; published now is {_state(release.authority)}"


def _state(authority: Authority) -> str:
    return f"snapshot {authority.snapshot.version} of trust root {authority.root.version}"
