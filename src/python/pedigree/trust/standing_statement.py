"""How a release stands to its plan, as a signed statement that is delivered with it, and in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pedigree.trust.conformity import differences
from pedigree.trust.differences import Difference
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.graph import Graph
from pedigree.trust.owners import OwnersWord
from pedigree.trust.roles import RELEASE
from pedigree.trust.shapes import require_shape
from pedigree.trust.statement import STANDING, check_statement, is_sha256, statement, subjects_of

INSIDE, OUTSIDE, NO_PLAN = "inside the plan", "outside the plan", "no plan"


@dataclass(frozen=True)
class Standing:
    """How a release stands to its plan.

    Attributes:
        plan: SHA-256 of the plan; empty where no owner signed one, or they withdrew it.
        role: The role of the key that seals, "release" or "builder"; empty for a developer's.
        differences: All that tells the release from its plan.
    """

    plan: str
    role: str
    differences: tuple[Difference, ...]

    @property
    def claim(self) -> str:
        """What may be said of the release: one of `INSIDE`, `OUTSIDE`, `NO_PLAN`."""
        if not self.plan:
            return NO_PLAN
        return INSIDE if all(difference.inside for difference in self.differences) else OUTSIDE


def standing(word: OwnersWord | None, graph: Graph, role: str, further: Iterable[Difference] = ()) -> Standing:
    """How a release stands to what the owners signed.

    Args:
        word: What they signed, if they did.
        graph: What the release is made of.
        role: The role of the key that seals it; empty for a key that has none.
        further: What else is known to tell it from the plan, for instance `conformity.approvals_lacking`.
    """
    if word is None:
        return Standing("", role, ())
    if word.plan.withdrawn:
        why = f": {word.plan.note}" if word.plan.note else ""
        return Standing("", role, (Difference(f"its owners withdrew it by version {word.plan.version}{why}", True),))
    sealed = [] if role == RELEASE else [Difference(f"sealed by {_sealer(role)}; plans are for the role {RELEASE}")]
    return Standing(word.plan.digest, role, (*sealed, *further, *differences(word.plan, graph)))


def standing_statement(products: Mapping[str, str], found: Standing) -> dict[str, Any]:
    """The statement that is signed and delivered.

    Args:
        products: Path -> sha256 of what the release step made.
        found: How it stands.
    """
    predicate = {
        "plan": {"sha256": found.plan} if found.plan else None,
        "standing": found.claim,
        "differences": [asdict(difference) for difference in found.differences],
        "signer": {"role": found.role},
    }
    return statement(products, STANDING, predicate)


def parse_standing(document: Mapping[str, Any], origin: str) -> tuple[dict[str, str], Standing]:
    """What a release was said to be made of, and how it stands by that statement.

    Raises:
        MalformedEvidence: It is no such statement, or claims more than its own differences allow.
    """
    check_statement(document, origin, STANDING)
    predicate = document["predicate"]
    try:
        require_shape({key: value for key, value in predicate.items() if key != "plan"}, _SHAPE, "it")
        plan = predicate["plan"]
        require_shape(plan or {"sha256": ""}, {"sha256": str}, "the plan")
        told = tuple(Difference(**difference) for difference in predicate["differences"])
    except (KeyError, ValueError) as error:
        raise MalformedEvidence(f"{origin} is not a statement of standing: {error}") from error
    found = Standing(plan["sha256"] if plan else "", predicate["signer"]["role"], told)
    if (plan is not None and not is_sha256(found.plan)) or found.claim != predicate["standing"]:
        raise MalformedEvidence(f"{origin} claims '{predicate['standing']}', which does not follow from what it tells")
    return subjects_of(document), found


def require_standing(document: Mapping[str, Any], origin: str, products: Mapping[str, str]) -> Standing:
    """How a release stands by a statement that must be about it.

    Args:
        document: The statement, whose signature holds.
        origin: What to call it in an error.
        products: Path -> sha256 of what the release step made.

    Raises:
        MalformedEvidence: As `parse_standing`.
        Refused: It is about another release.
    """
    subjects, found = parse_standing(document, origin)
    if subjects != dict(products):
        raise Refused(f"{origin} is about another release")
    return found


_SHAPE = {"standing": str, "differences": [{"words": str, "inside": bool}], "signer": {"role": str}}


def standing_words(found: Standing) -> str:
    """How a release stands to its plan, in one line, as every page and every verdict tells it."""
    if found.claim == NO_PLAN:
        withdrawn = "; ".join(difference.words for difference in found.differences)
        why = withdrawn or "no owner signed what this release may be made of"
        return f"{NO_PLAN}: {why}; it is sealed by {_sealer(found.role)}"
    told = [difference.words for difference in found.differences if not difference.inside]
    if found.claim == OUTSIDE:
        return f"{OUTSIDE} sha256:{found.plan}: {'; '.join(told)}"
    changes = [difference.words for difference in found.differences]
    within = f", which allows: {'; '.join(changes)}" if changes else ""
    return f"{INSIDE} sha256:{found.plan}{within}"


def _sealer(role: str) -> str:
    return f"a key of the role {role}" if role else "a developer's key, which has no role"
