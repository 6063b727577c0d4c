"""Generates completion examples: a function with one expression masked, and a unit test for what goes there.

A template is an operation in a shape. Held-out templates are pairs that training never shows in any wording, while
their operation and their shape are shown in other pairs.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from embedded_fw_c.names import Names
from embedded_fw_c.operations import MASK32, OPERATIONS, Operation
from embedded_fw_c.shapes import SHAPES, Function, Shape, write_function, write_test
from embedded_fw_c.splits import split_of

PROMPT = "Complete:\n"
_CASES = 8


@dataclass(frozen=True)
class CompletionTemplate:
    """An operation in a shape; `group`, for the split, is the operation."""

    operation: Operation
    shape: Shape

    @property
    def name(self) -> str:
        """Unique: `completion/<operation>/<shape>`."""
        return f"completion/{self.operation.name}/{self.shape.name}"


@dataclass(frozen=True)
class Exercise:
    """An expanded template: what is shown, what was masked, and the unit test with `@@MASK@@` in its place."""

    shown: str
    expression: str
    unit: str


def generate(seed: int, count: int, arguments: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield `count` examples of a split.

    Args:
        seed: Same seed, same examples.
        count: How many.
        arguments: `split`: `train`, `dev` or `sealed`; `form`: `completion` or `messages`.
    """
    rng = random.Random(f"completion {seed}")
    templates = completion_templates(arguments["split"])
    for number in range(count):
        template = rng.choice(templates)
        exercise = write_exercise(template, rng)
        identity = {"id": f"completion-{arguments['split']}-{number:06d}", "template": template.name}
        record = identity | _FORMS[arguments["form"]](exercise)
        yield {"record": record, "evidence": {"unit": exercise.unit, "expression": exercise.expression}}


def completion_templates(split: str) -> list[CompletionTemplate]:
    """The templates of a split, in a fixed order."""
    templates = [CompletionTemplate(operation, shape) for operation in OPERATIONS for shape in SHAPES]
    splits = split_of((template.name, template.operation.name) for template in templates)
    return [template for template in templates if splits[template.name] == split]


def write_exercise(template: CompletionTemplate, rng: random.Random) -> Exercise:
    """Expand a template with fresh names, a wording and test cases."""
    operation = template.operation
    function = write_function(template.shape, operation.operands, Names(rng))
    wording = rng.choice(operation.wordings).format(*function.operands, x=function.word)
    expression = operation.expression.format(*function.operands, x=function.word)
    cases = [_case(operation, rng) for _ in range(_CASES)]
    return Exercise(_with_comment(function, wording), expression, write_test(template.shape, function, cases))


def _with_comment(function: Function, wording: str) -> str:
    return f"/* {wording} */\n{function.code}"


def _case(operation: Operation, rng: random.Random) -> tuple[int, tuple[int, ...], int]:
    word = rng.choice((rng.getrandbits(32), rng.getrandbits(16), rng.getrandbits(8)))
    operands = tuple(_DRAWS[kind](rng) for kind in operation.operands)
    return word, operands, operation.meaning(word, *operands) & MASK32


_DRAWS = {
    "bit": lambda rng: rng.randint(0, 31),
    "mask": lambda rng: rng.choice((rng.getrandbits(32), (1 << rng.randint(1, 16)) - 1)),
    "value": lambda rng: rng.choice((rng.getrandbits(32), rng.getrandbits(12))),
    "size": lambda rng: rng.randint(2, 64),
    "small": lambda rng: rng.randint(1, 255),
}


def _as_completion(exercise: Exercise) -> dict[str, Any]:
    return {
        "task": "completion",
        "prompt": PROMPT + exercise.shown,
        "reference": exercise.expression,
        "unit": exercise.unit,
    }


def _as_messages(exercise: Exercise) -> dict[str, Any]:
    return {
        "messages": [
            {"role": "user", "content": PROMPT + exercise.shown},
            {"role": "assistant", "content": exercise.expression},
        ]
    }


_FORMS = {"completion": _as_completion, "messages": _as_messages}
