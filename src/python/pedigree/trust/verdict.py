"""What was checked, and what came of it: a list that can be read aloud."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One line of a verdict.

    Attributes:
        number: Its place in the list, from 1.
        claim: What was checked.
        holds: Whether it holds.
        detail: What was seen, or what is wrong.
        explanation: What it proves, and how to repeat it with tools that are not ours.
        hint: Where it does not hold and a user can do something about that: what.
    """

    number: int
    claim: str
    holds: bool
    detail: str
    explanation: str
    hint: str = ""


@dataclass(frozen=True)
class Verdict:
    """All checks of a release. None is left out because another failed."""

    checks: tuple[Check, ...]

    @property
    def holds(self) -> bool:
        """Whether the release is what its owner allowed."""
        return all(check.holds for check in self.checks)

    @property
    def failed(self) -> tuple[Check, ...]:
        """Those that do not hold."""
        return tuple(check for check in self.checks if not check.holds)
