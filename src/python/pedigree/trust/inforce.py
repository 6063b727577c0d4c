"""Checks that a key alone cannot make: who may seal, what is approved, what is revoked, and whether that is news."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path

from pedigree.trust.attested import standing_in
from pedigree.trust.authority import Authority, load_authority
from pedigree.trust.errors import Refused
from pedigree.trust.evidence import Delivered
from pedigree.trust.freshness import freshness
from pedigree.trust.graph import Graph, graph_of_provenance
from pedigree.trust.owners import plan_path
from pedigree.trust.remembered import remember
from pedigree.trust.roles import RELEASE
from pedigree.trust.root import TrustRoot
from pedigree.trust.standing import approvals_of, require_not_revoked
from pedigree.trust.standing_statement import NO_PLAN, OUTSIDE, standing_words


@dataclass(frozen=True)
class Trust:
    """Whom a verifier believes.

    Attributes:
        anchor: A version of the trust root that the verifier was handed.
        files: Attestations as they are published now, path -> content; None to go by those in the release.
        memory: Where the verifier remembers what it saw; None to remember nothing.
        now: The time of the verification.
        max_age: How old the snapshot may be; None for as old as it says of itself.
    """

    anchor: TrustRoot
    files: Mapping[str, bytes] | None
    memory: Path | None
    now: datetime
    max_age: timedelta | None


class InForce:
    """A delivered release, and what is in force for it."""

    def __init__(self, delivered: Delivered, trust: Trust) -> None:
        self.delivered = delivered
        self.trust = trust

    @cached_property
    def authority(self) -> Authority:
        """What is in force, by what is published now or by what the release brings.

        Raises:
            MalformedEvidence: A file is not what its place says.
            Refused: It does not follow from the root that the verifier was handed.
        """
        files = self.delivered.attested if self.trust.files is None else self.trust.files
        return load_authority(files, self.trust.anchor)

    @cached_property
    def graph(self) -> Graph:
        """The steps of the release."""
        return graph_of_provenance(self.delivered.provenance, self.delivered.step_names[-1])


# (14) Trust root and snapshot follow from the given root, and nothing newer was seen before.
def _root_follows(release: InForce) -> str:
    authority = release.authority
    told = f"trust root {authority.root.version}, snapshot {authority.snapshot.version}"
    if release.trust.memory is None:
        return f"{told}; nothing is remembered"
    return f"{told}; {remember(release.trust.memory, release.trust.anchor.digest, authority)}"


# (15) The key that sealed the release has the role of sealing releases, and is neither retired nor revoked.
def _sealed_in_role(release: InForce) -> str:
    public, root = release.delivered.public, release.authority.root
    holder = root.holders.get(public.keyid)
    if holder is None:
        raise Refused("a developer's build: its key has no role in the trust root")
    if revocation := release.authority.revocation_of(public.fingerprint):
        raise Refused(f"the key of {holder.name} is revoked: {revocation.reason}")
    if root.role_of(public.keyid) != RELEASE:
        raise Refused(f"the key is that of {holder.name}, whose role is {root.role_of(public.keyid)}, not {RELEASE}")
    if holder.retired:
        raise Refused(f"the key of {holder.name} was retired at {holder.retired}; have the release sealed again")
    return f"sealed by {holder.name}"


# (16) Every base model is approved, for just the bytes that were used, by the roles that the trust root demands.
def _bases_approved(release: InForce) -> str:
    found = approvals_of(release.graph, release.authority)
    people = {
        f"{approval.signature.name} ({approval.signature.role}, {approval.signature.time})"
        for item in found.values()
        for approval in item.approvals
    }
    names = ", ".join(sorted({item.entry.name for item in found.values()}))
    return f"{names}: approved by {', '.join(sorted(people))}" if found else "the release starts from no base model"


# (17) Nothing that the release was made from is revoked, nor the release itself.
def _nothing_revoked(release: InForce) -> str:
    require_not_revoked(release.graph, release.authority)
    return f"{len(release.authority.revocations)} revocations, none of which is of anything in it"


# (18) The release is inside the plan that its owners signed, where they signed one.
def _inside_plan(release: InForce) -> str:
    delivered, address = release.delivered, release.graph.nodes[release.graph.release].address
    found = standing_in(release.graph, address, release.authority, delivered.public)
    if found.claim == OUTSIDE:
        raise Refused(standing_words(found))
    if found.claim == NO_PLAN and plan_path(address) in release.authority.snapshot.files:
        raise Refused(f"the plan of '{address}', which the snapshot lists, is missing")
    return standing_words(found)


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
