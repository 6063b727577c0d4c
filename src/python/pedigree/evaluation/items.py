"""What is asked, what was answered, and what an answer is worth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path
from typing import Any

from pedigree.step.canonical import parse_json
from pedigree.step.errors import ToolError

REVIEW = "review"
COMPLETION = "completion"
ESCALATE = "ESCALATE"


@dataclass(frozen=True)
class Item:
    """One question of a sealed set.

    Attributes:
        id: Unique in the suite.
        task: `review` or `completion`.
        template: What it was made from; no template of a sealed set is in training data.
        prompt: What the model is shown.
        label: The right answer of a review; one right answer of a completion.
        unit: C source with a masked place, for a completion; empty for a review.
    """

    id: str
    task: str
    template: str
    prompt: str
    label: str
    unit: str = ""


@dataclass(frozen=True)
class Answer:
    """What one model said about one item.

    Attributes:
        text: A rule, `OK`, `ESCALATE`, or a completion.
        confidence: The probability that the model gave to it, in [0, 1].
    """

    text: str
    confidence: Fraction


@dataclass(frozen=True)
class Judged:
    """An answer and what it is worth.

    Attributes:
        item: What was asked.
        answer: What was answered.
        right: Review: the answer is the label. Completion: its test passes.
        compiles: Completion: it compiles without a warning. False for a review.
        why: Completion: why it does not compile or pass.
    """

    item: Item
    answer: Answer
    right: bool
    compiles: bool = False
    why: str = ""


def read_items(sets: Mapping[str, Path]) -> dict[str, Item]:
    """The items of several sets by id, in the order of sets and records.

    Raises:
        ToolError: Two items have the same id, or a record is not an item.
    """
    items: dict[str, Item] = {}
    for name, directory in sets.items():
        for where, record in read_lines(directory / "records.jsonl"):
            item = _item(record, f"{name}/{where}")
            if item.id in items:
                raise ToolError(f"{name}/{where}: the id '{item.id}' occurs twice in the suite", "make ids unique")
            items[item.id] = item
    return items


def read_answers(path: Path, stage: str, items: Mapping[str, Item]) -> dict[str, Answer]:
    """The predictions of one stage, which must answer every item exactly once.

    Raises:
        ToolError: An item has no answer, or an answer no item, or two; or a confidence is not a probability.
    """
    answers: dict[str, Answer] = {}
    for where, record in read_lines(path):
        key = str(record.get("id"))
        if key not in items or key in answers:
            problem = "is not in the suite" if key not in items else "is answered twice"
            raise ToolError(f"predictions of stage '{stage}', {where}: the item '{key}' {problem}", _PREDICT_HINT)
        answers[key] = Answer(str(record.get("answer", "")), _probability(record.get("confidence"), stage, where))
    if missing := [key for key in items if key not in answers]:
        raise ToolError(
            f"predictions of stage '{stage}' leave out {len(missing)} of {len(items)} items, first '{missing[0]}'",
            _PREDICT_HINT,
        )
    return {key: answers[key] for key in items}


def read_lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects of a file of JSON lines, each with `name:line`."""
    try:
        # Not splitlines(): a prompt may hold the other line ends of Unicode.
        lines = path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ToolError(
            f"{path.name} of '{path.parent.name}' cannot be read: {error}", "see the step it is of"
        ) from error
    for number, line in enumerate(lines, start=1):
        record = parse_json(line, f"{path.name}:{number}")
        if not isinstance(record, dict):
            raise ToolError(f"{path.name}:{number} is not a JSON object", "write one object per line")
        yield f"{path.name}:{number}", record


def of_task(judged: Sequence[Judged], task: str) -> list[Judged]:
    """Those of one task."""
    return [one for one in judged if one.item.task == task]


_PREDICT_HINT = "predictions and suite must come from the same sets; run the prediction again"
_FIELDS = {REVIEW: ("id", "template", "prompt", "label"), COMPLETION: ("id", "template", "prompt", "reference", "unit")}


def _item(record: Mapping[str, Any], where: str) -> Item:
    fields = _FIELDS.get(str(record.get("task")))
    if fields is None or any(not isinstance(record.get(field), str) for field in fields):
        raise ToolError(
            f"{where}: not a record of review or completion", "a suite takes sets of form 'review' or 'completion'"
        )
    label = record["label"] if record["task"] == REVIEW else record["reference"]
    return Item(record["id"], record["task"], record["template"], record["prompt"], label, record.get("unit", ""))


def _probability(value: Any, stage: str, where: str) -> Fraction:
    try:
        probability = Fraction(Decimal(value)) if isinstance(value, str) else None
    except (InvalidOperation, ValueError, OverflowError):
        probability = None
    if probability is None or not 0 <= probability <= 1:
        raise ToolError(
            f"predictions of stage '{stage}', {where}: confidence {value!r} is not a probability",
            'write it as a decimal string in [0, 1], for instance "0.912345"',
        )
    return probability
