"""The metrics that a suite can ask for: each is a function that counts, with its contract in its docstring.

To add one, write a function from judged answers to a `Ratio` under `@metric(task)`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from pedigree.evaluation.items import COMPLETION, ESCALATE, REVIEW, Judged, of_task
from pedigree.step.errors import ToolError


@dataclass(frozen=True)
class Ratio:
    """A share of something: kept as two counts, so that a gate compares it exactly."""

    numerator: int
    denominator: int

    @property
    def value(self) -> Fraction:
        """The share; 0 of nothing is 0, so that a model cannot pass by never answering."""
        return Fraction(self.numerator, self.denominator) if self.denominator else Fraction(0)


Count = Callable[[Sequence[Judged]], Ratio]


@dataclass(frozen=True)
class Metric:
    """A metric of the table.

    Attributes:
        name: As suites and reports call it.
        task: The task whose items it counts.
        count: Counts it over judged answers of that task.
        meaning: One line for reports.
    """

    name: str
    task: str
    count: Count
    meaning: str


METRICS: dict[str, Metric] = {}


def metric(task: str) -> Callable[[Count], Count]:
    """Enter a function in the table under its own name."""

    def enter(count: Count) -> Count:
        name, meaning = count.__name__, (count.__doc__ or "").strip().splitlines()[0]
        METRICS[name] = Metric(name, task, count, meaning)
        return count

    return enter


def find_metric(name: str) -> Metric:
    """The metric of this name.

    Raises:
        ToolError: There is none.
    """
    if name not in METRICS:
        raise ToolError(f"unknown metric '{name}'", f"use one of {', '.join(sorted(METRICS))}")
    return METRICS[name]


def measure(name: str, judged: Sequence[Judged]) -> Ratio:
    """Count one metric over the answers of one model."""
    found = find_metric(name)
    return found.count(of_task(judged, found.task))


@metric(REVIEW)
def review_accuracy_among_answered(judged: Sequence[Judged]) -> Ratio:
    """Right answers among the reviews that were not withheld.

    Withheld is what is answered ESCALATE. An item labelled ESCALATE that gets an answer is a wrong answer.
    """
    answered = [one for one in judged if one.answer.text != ESCALATE]
    return _share(answered, lambda one: one.right)


@metric(REVIEW)
def review_coverage(judged: Sequence[Judged]) -> Ratio:
    """Reviews that were answered, among those that can be judged.

    That is: an answer other than ESCALATE, right or wrong, among items whose label is not ESCALATE.
    """
    judgeable = [one for one in judged if one.item.label != ESCALATE]
    return _share(judgeable, lambda one: one.answer.text != ESCALATE)


@metric(REVIEW)
def review_escalation(judged: Sequence[Judged]) -> Ratio:
    """Ambiguous reviews that were escalated: answered ESCALATE, among items labelled ESCALATE."""
    ambiguous = [one for one in judged if one.item.label == ESCALATE]
    return _share(ambiguous, lambda one: one.answer.text == ESCALATE)


@metric(COMPLETION)
def completion_compiles(judged: Sequence[Judged]) -> Ratio:
    """Completions that compile without a warning (-std=c11 -Wall -Wextra -Werror, host), among all."""
    return _share(judged, lambda one: one.compiles)


@metric(COMPLETION)
def completion_passes(judged: Sequence[Judged]) -> Ratio:
    """Completions whose unit test passes, among all; what does not compile does not pass."""
    return _share(judged, lambda one: one.right)


def _share(among: Sequence[Judged], holds: Callable[[Judged], bool]) -> Ratio:
    return Ratio(sum(1 for one in among if holds(one)), len(among))
