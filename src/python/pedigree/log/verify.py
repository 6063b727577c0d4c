"""Verification of a log: one pass over its entries and heads, and a numbered verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pedigree.log.checks import CHECKS, Looking
from pedigree.log.explanations import EXPLANATIONS
from pedigree.log.head import SignedHead
from pedigree.log.place import Place, Writers, places
from pedigree.log.store import Store
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.verdict import Check, Verdict

_FORM = "the database has the form of a log and can be read"


@dataclass(frozen=True)
class Audit:
    """What verification found.

    Attributes:
        verdict: All checks. None is left out because another failed.
        head: The last head of the log, which a verifier remembers when the verdict holds; None where there is none.
    """

    verdict: Verdict
    head: SignedHead | None


def verify_log(
    store: Store, writers: Writers, seen: bytes | None, further: Sequence[tuple[str, Looking]] = ()
) -> Audit:
    """Decide whether a log is whole, signed by those who acted, and goes on from what was seen of it before.

    Reads the log once, in bounded memory, and holds no lock.

    Args:
        store: The log.
        writers: Everyone who may have written to it.
        seen: The signed head that was seen before; None where there is none yet.
        further: Checks that come after all others, as `filed_checks` gives them.

    Raises:
        ToolError: The database cannot be used.
    """
    looking = [*((claim, make(writers, seen)) for claim, make in CHECKS), *further]
    runs = [_Run(number, claim, check) for number, (claim, check) in enumerate(looking, 2)]
    head = None
    # (1) The database has the form of a log: a view in the place of a table could give other rows at every reading.
    try:
        store.check_form()
        for place in places(store, writers):
            head = place.head if isinstance(place.head, SignedHead) else head
            for run in runs:
                run.see(place)
        first = _check(1, _FORM, True, "its tables, and the triggers that refuse changes, are as they were made")
    except MalformedEvidence as problem:
        first = _check(1, _FORM, False, str(problem))
        for run in runs:
            run.problem = run.problem or "not looked at to the end, because (1) does not hold"
    return Audit(Verdict((first, *(run.conclude() for run in runs))), head)


class _Run:
    """A check and the first problem that it found."""

    def __init__(self, number: int, claim: str, looking: Looking) -> None:
        self._number, self._claim, self._looking = number, claim, looking
        self.problem = ""

    def see(self, place: Place) -> None:
        if not self.problem:
            try:
                self._looking.see(place)
            except (Refused, MalformedEvidence) as problem:
                self.problem = str(problem)

    def conclude(self) -> Check:
        detail = ""
        if not self.problem:
            try:
                detail = self._looking.conclude()
            except (Refused, MalformedEvidence) as problem:
                self.problem = str(problem)
        return _check(self._number, self._claim, not self.problem, self.problem or detail)


def _check(number: int, claim: str, holds: bool, detail: str) -> Check:
    return Check(number, claim, holds, detail, EXPLANATIONS[number - 1])
