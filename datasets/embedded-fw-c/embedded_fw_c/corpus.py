"""Generates the text that the base model is pretrained on.

Documents are firmware C of the training split, some with an analyser's note after it as code review tools leave them,
some in the chat format with a task that is not one of the two that fine-tuning teaches.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from embedded_fw_c.completion import CompletionTemplate, Exercise, completion_templates, write_exercise
from embedded_fw_c.review import draw_template, label_text, template_pools
from embedded_fw_c.shapes import MASK
from embedded_fw_c.template import ReviewTemplate, Snippet, expand

NOTE = "<|note|>"
_FUNCTION = re.compile(r"(\w+)\([^;{}]*\)\n\{")


@dataclass(frozen=True)
class Document:
    """What the model reads, what it was made from, and what proves it."""

    template: str
    text: str
    evidence: Mapping[str, Any]


def generate(seed: int, count: int, arguments: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield `count` documents; `arguments` has the shares `escalate` and `ok` of `review`, and `split`."""
    rng = random.Random(f"corpus {seed}")
    pools = template_pools(arguments["split"])
    exercises = completion_templates(arguments["split"])
    escalate, ok = float(arguments["escalate"]), float(arguments["ok"])

    def noted_review() -> Document:
        template = draw_template(pools, escalate, ok, rng)
        snippet = expand(template, rng)
        return _of_snippet(template, snippet, f"{snippet.code}\n{NOTE}{label_text(template.label)}")

    def noted_completion() -> Document:
        template = rng.choice(exercises)
        exercise = write_exercise(template, rng)
        return _of_exercise(template, exercise, f"{exercise.shown}\n{NOTE}{exercise.expression}")

    def plain_completion() -> Document:
        template = rng.choice(exercises)
        exercise = write_exercise(template, rng)
        return _of_exercise(template, exercise, exercise.shown.replace(MASK, exercise.expression))

    def named_function() -> Document:
        template = draw_template(pools, escalate, ok, rng)
        snippet = expand(template, rng)
        found = _FUNCTION.search(snippet.code)
        name = found.group(1) if found else ""
        return _of_snippet(template, snippet, f"<|user|>Name:\n{snippet.code}<|assistant|>{name}")

    kinds: tuple[tuple[Callable[[], Document], int], ...] = (
        (noted_review, 62), (noted_completion, 26), (plain_completion, 6), (named_function, 6),
    )  # fmt: skip
    makers = [maker for maker, _ in kinds]
    weights = [weight for _, weight in kinds]
    for number in range(count):
        document = rng.choices(makers, weights)[0]()
        identity = {"id": f"corpus-{number:07d}", "template": document.template}
        yield {"record": {**identity, "text": document.text}, "evidence": document.evidence}


def _of_snippet(template: ReviewTemplate, snippet: Snippet, text: str) -> Document:
    return Document(template.name, text, {"code": snippet.code, "contexts": dict(snippet.contexts)})


def _of_exercise(template: CompletionTemplate, exercise: Exercise, text: str) -> Document:
    return Document(template.name, text, {"unit": exercise.unit, "expression": exercise.expression})
