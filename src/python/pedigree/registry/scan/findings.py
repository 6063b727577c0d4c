"""What a check has found, and how bad that is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

PASS, REVIEW, REFUSE = "pass", "review", "refuse"
VERDICTS = (PASS, REVIEW, REFUSE)
"""From best to worst: nothing found; somebody must look at it; it may not be used."""

_LONGEST = 400
_MOST = 100


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that was found.

    Attributes:
        file: Path below the scanned directory; empty when it is about the whole.
        where: Place in the file, as `:12` for a line or `$.a[0]` in JSON; may be empty.
        what: What is there.
        verdict: `review` or `refuse`.
    """

    file: str
    where: str
    what: str
    verdict: str

    def __str__(self) -> str:
        place = f"{self.file}{self.where}" if self.where.startswith(":") else f"{self.file} {self.where}".strip()
        return f"{place}: {self.what}" if place else self.what


@dataclass(frozen=True, order=True)
class Figure:
    """One number that a check has measured, for whoever looks at its findings.

    Attributes:
        name: Of what.
        value: A decimal.
    """

    name: str
    value: str


@dataclass(frozen=True)
class CheckResult:
    """What one check has to say.

    Attributes:
        name: Of the check.
        claim: What holds when it passes.
        findings: What it found, sorted.
        tools: Version of every third-party tool that it asked, by name.
        figures: What it has measured, sorted.
    """

    name: str
    claim: str
    findings: tuple[Finding, ...]
    tools: tuple[tuple[str, str], ...] = ()
    figures: tuple[Figure, ...] = ()

    @property
    def verdict(self) -> str:
        """The worst of its findings."""
        return worst(finding.verdict for finding in self.findings)


def refuse(file: str, what: str, where: str = "") -> Finding:
    """A finding with which nothing may be used."""
    return Finding(shown(file), shown(where), shown(what), REFUSE)


def review(file: str, what: str, where: str = "") -> Finding:
    """A finding that somebody must look at."""
    return Finding(shown(file), shown(where), shown(what), REVIEW)


def worst(verdicts: Iterable[str]) -> str:
    """The worst of some verdicts; `pass` when there are none.

    >>> worst(["review", "pass"])
    'review'
    """
    return max(verdicts, key=VERDICTS.index, default=PASS)


def result(
    name: str, claim: str, said: Iterable[Finding | Figure], tools: tuple[tuple[str, str], ...] = ()
) -> CheckResult:
    """What a check has said, sorted; of a flood of findings the first ones, and how many of each kind follow."""
    findings: set[Finding] = set()
    figures: set[Figure] = set()
    further = Counter[str]()
    for item in said:
        if isinstance(item, Figure):
            figures.add(item)
        elif len(findings) < _MOST:
            findings.add(item)
        elif item not in findings:
            further[item.verdict] += 1
    rest = [Finding("", "", f"there are {count} more", verdict) for verdict, count in further.items()]
    return CheckResult(name, claim, tuple(sorted([*findings, *rest])), tools, tuple(sorted(figures)))


def shown(text: str) -> str:
    """Text of a stranger, so that it neither steers a terminal nor fills a report: escaped, and cut when long."""
    cut = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}... ({len(text)} characters)"
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in cut)
