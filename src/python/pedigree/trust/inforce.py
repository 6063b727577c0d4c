"""Checks that a key alone cannot make: who may seal, what is approved, what is revoked, and whether that is news."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property, partial
from pathlib import Path

from pedigree.trust.authority import Authority, load_authority
from pedigree.trust.chain import FIRST_ROOT, family_of, root_path
from pedigree.trust.errors import Refused
from pedigree.trust.evidence import Delivered
from pedigree.trust.freshness import freshness
from pedigree.trust.remembered import compare, recall, remember
from pedigree.trust.root import TrustRoot, first_root, parse_root
from pedigree.trust.sealed_under import inside_plan, sealed_in_role
from pedigree.trust.seen import NOTHING, Seen
from pedigree.trust.standing import approvals_of, require_not_revoked
from pedigree.trust.sums import SEAL


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
        in_force_now: Whether sealer and plan must be in force by `files`, and not only by what a release brings itself,
            unless `memory` tells that they were when the release was seen.
    """

    anchor: TrustRoot
    files: Mapping[str, bytes] | None
    memory: Path | None
    now: datetime
    max_age: timedelta | None
    plan_required: bool = False
    in_force_now: bool = False


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
        return load_authority(self.files, self.trust.anchor, self.seen.keys, self.seen.roots)

    @cached_property
    def seen(self) -> Seen:
        """What the verifier remembers.

        Raises:
            Refused: As `family_of`.
            ToolError: The memory cannot be read.
        """
        return NOTHING if self.trust.memory is None else recall(self.trust.memory, self.family)

    @property
    def digest(self) -> str:
        """The digest of the seal, which lists the sums of all that is delivered and what is signed over them."""
        return self.delivered.digests[SEAL]

    @property
    def must_be_in_force(self) -> bool:
        """Whether sealer and plan must be in force now; what held while they were goes on to hold."""
        return self.trust.in_force_now and self.digest not in self.seen.releases

    @cached_property
    def then(self) -> Authority:
        """What was in force when the release was sealed, by what it brings; what is in force now, if it brings nothing.

        That it is what was in force *then* is the sealer's word: nothing signed tells when a release was sealed.

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
    held = frozenset({release.digest}) if release.trust.in_force_now else frozenset()
    return _told(release, partial(remember, releases=held))


def _told(release: InForce, how: Callable[[Path, str, Authority], str]) -> str:
    authority, memory = release.authority, release.trust.memory
    told = f"trust root {authority.root.version}, snapshot {authority.snapshot.version}"
    return f"{told}; {how(memory, release.family, authority) if memory else 'nothing is remembered'}"


# (16) Every base model is approved, for just the bytes that were used, by the roles that the trust root demands.
def _bases_approved(release: InForce) -> str:
    found = approvals_of(release.delivered.graph, release.authority)
    people = {approval.words for item in found.values() for approval in item.approvals}
    names = ", ".join(sorted({item.entry.name for item in found.values()}))
    return f"{names}: approved by {', '.join(sorted(people))}" if found else "the release starts from no base model"


# (17) Nothing that the release was made from is revoked, nor the release itself.
def _nothing_revoked(release: InForce) -> str:
    require_not_revoked(release.delivered.graph, release.authority)
    return f"{len(release.authority.revocations)} revocations, none of which is of anything in it"


# (19) What is in force is told by a snapshot that is not out of date.
def _snapshot_fresh(release: InForce) -> str:
    return freshness(release.authority.snapshot, release.trust.now, release.trust.max_age)


CHECKS: tuple[tuple[str, Callable[[InForce], str]], ...] = (
    ("trust root and snapshot follow from the given root, and nothing newer was seen before", _root_follows),
    ("the key that sealed the release may seal releases", sealed_in_role),
    ("every base model is approved for just these bytes", _bases_approved),
    ("nothing that the release was made from is revoked, nor the release itself", _nothing_revoked),
    ("the release is inside the plan that its owners signed, where they signed one", inside_plan),
    ("what is in force is told by a snapshot that is not out of date", _snapshot_fresh),
)
