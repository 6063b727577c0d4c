"""Verification of a delivered release: every check in its place, none left out because another failed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from pedigree.trust import chain_checks, delivery_checks, evaluation_checks, inforce
from pedigree.trust.collection import uncollected
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.evidence import Delivered
from pedigree.trust.explanations import EXPLANATIONS
from pedigree.trust.inforce import InForce, Trust
from pedigree.trust.public import PublicKey
from pedigree.trust.tree import printable
from pedigree.trust.verdict import Check, Verdict

_DO_NOT_USE = "do not use the release; `pedigree verify` shows every check"
CHECKS: tuple[tuple[str, Callable[[Delivered], str]], ...] = (
    *chain_checks.CHECKS,
    evaluation_checks.PASSED,
    *delivery_checks.CHECKS,
    *evaluation_checks.CHECKS,
    delivery_checks.STANDING_CHECK,
)


def verify_release(release: Path, public: PublicKey, trust: Trust | None = None) -> Verdict:
    """Decide whether a delivered release is what the holder of a key allowed, and all of it.

    Args:
        release: The delivered directory.
        public: The key that it must be sealed with.
        trust: Whom to believe beyond that key, and what is in force; None to check the release by itself.

    Never raises for what it finds in the release: a file that is missing, truncated or forged is a check that does not
    hold.
    """
    return verify_delivered(Delivered(release, public), trust)


def verify_delivered(delivered: Delivered, trust: Trust | None = None) -> Verdict:
    """As `verify_release`, for a caller who goes on to read from the evidence what was just verified."""
    with uncollected():
        return _checked(delivered, trust)


def require_holding(delivered: Delivered, trust: Trust | None = None) -> None:
    """Verify, for a caller to whom a release that does not hold is worth nothing. Arguments as of `verify_delivered`.

    Raises:
        Refused: It does not hold; every check that does not is told.
    """
    if failed := verify_delivered(delivered, trust).failed:
        lines = "".join(f"\n  ({check.number}) {check.claim}: {printable(check.detail)}" for check in failed)
        hints = dict.fromkeys(check.hint or _DO_NOT_USE for check in failed)
        raise Refused(f"the release does not hold{lines}", _DO_NOT_USE if _DO_NOT_USE in hints else "; ".join(hints))


def _checked(delivered: Delivered, trust: Trust | None) -> Verdict:
    checks = [(claim, partial(check, delivered)) for claim, check in CHECKS]
    if trust is None:
        return _verdict(checks)
    in_force = InForce(delivered, trust)
    verdict = _verdict(checks + [(claim, partial(check, in_force)) for claim, check in inforce.CHECKS])
    return _remembered(verdict, in_force) if verdict.holds else verdict


def _verdict(checks: Iterable[tuple[str, Callable[[], str]]]) -> Verdict:
    return Verdict(tuple(_run(number, claim, check) for number, (claim, check) in enumerate(checks, 1)))


def _remembered(verdict: Verdict, in_force: InForce) -> Verdict:
    """The verdict, after what it believed is remembered; or with a check 14 that another verifier has overtaken."""
    index = len(CHECKS)
    last = verdict.checks[index]
    again = _run(last.number, last.claim, partial(inforce.remember_it, in_force))
    return Verdict((*verdict.checks[:index], again, *verdict.checks[index + 1 :]))


def _run(number: int, claim: str, check: Callable[[], str]) -> Check:
    explanation = EXPLANATIONS[number - 1]
    try:
        return Check(number, claim, True, check(), explanation)
    except Refused as problem:
        return Check(number, claim, False, str(problem), explanation, problem.hint)
    except MalformedEvidence as problem:
        return Check(number, claim, False, str(problem), explanation)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OSError, RecursionError) as error:
        return Check(number, claim, False, f"the evidence has not the shape of evidence: {error!r}", explanation)
