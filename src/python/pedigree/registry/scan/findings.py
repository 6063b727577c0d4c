"""What a check has found, and how bad that is."""

from __future__ import annotations

import itertools
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


@dataclass(frozen=True)
class CheckResult:
    """What one check has to say.

    Attributes:
        name: Of the check.
        claim: What holds when it passes.
        findings: What it found, sorted.
        tools: Version of every third-party tool that it asked, by name.
    """

    name: str
    claim: str
    findings: tuple[Finding, ...]
    tools: tuple[tuple[str, str], ...] = ()

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


def gathered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings of a check, sorted; of a flood the first ones, the worst of them, and how it goes on."""
    stream = iter(findings)
    first = list(itertools.islice(stream, _MOST))
    others = [0, 0]
    for finding in stream:
        others[finding.verdict == REFUSE] += 1
    rest = [make("", f"there are {count} more") for make, count in zip((review, refuse), others) if count]
    return tuple(sorted({*first, *rest}))


def shown(text: str) -> str:
    """Text of a stranger, so that it neither steers a terminal nor fills a report: escaped, and cut when long."""
    cut = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}... ({len(text)} characters)"
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in cut)
