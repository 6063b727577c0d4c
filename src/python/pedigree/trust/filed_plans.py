"""Plans as they are filed, and those among them that enough owners signed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pedigree.trust.owners import counted
from pedigree.trust.pair import PLAN_SUFFIX, plan_path
from pedigree.trust.plan import PAYLOAD_TYPE, Plan, parse_plan
from pedigree.trust.root import TrustRoot
from pedigree.trust.signed import Signed, parse_signed


def filed_plans(files: Mapping[str, bytes]) -> Iterator[tuple[Plan, Signed]]:
    """Each plan that lies in its place, with its signatures, none of which is checked.

    Args:
        files: Path -> file; what is no plan is left alone.

    Raises:
        MalformedEvidence: A plan is none.
    """
    for path, data in files.items():
        if path.endswith(PLAN_SUFFIX):
            signed = parse_signed(data, PAYLOAD_TYPE, path)
            plan = parse_plan(signed.document, path)
            if plan_path(plan.release) == path:
                yield plan, signed


def plans_of(
    files: Mapping[str, bytes], versions: Sequence[TrustRoot], revoked: frozenset[str]
) -> dict[str, tuple[int, str]]:
    """Release -> version and digest of its plan, of those plans that enough owners signed.

    Args:
        files: As of `filed_plans`.
        versions: Of the trust root, the oldest first.
        revoked: Fingerprints of keys whose signatures do not count.

    Raises:
        MalformedEvidence: A plan is none.
    """
    found = {}
    for plan, signed in filed_plans(files):
        signers, needed = counted(signed.signers, versions, revoked)
        if len(signers) >= needed:
            found[plan.release] = (plan.version, plan.digest)
    return found
