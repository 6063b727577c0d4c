"""Generates the text that the base model is pretrained on.

Documents are firmware C of the training split, some with an analyser's note after it as code review tools leave them,
some in the chat format with a task that is not one of the two that fine-tuning teaches.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from embedded_fw_c.completion import completion_templates, write_exercise
from embedded_fw_c.review import draw_template, label_text, template_pools
from embedded_fw_c.shapes import MASK
from embedded_fw_c.template import WORDINGS, expand

NOTE = "<|note|>"
_FUNCTION = re.compile(r"(\w+)\([^;{}]*\)\n\{")


def generate(seed: int, count: int, arguments: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield `count` documents; `arguments` has the shares `escalate` and `ok` of `review`, and `split`."""
    rng = random.Random(f"corpus {seed}")
    pools = template_pools(arguments["split"], (WORDINGS,))
    exercises = completion_templates(arguments["split"])
    escalate, ok = float(arguments["escalate"]), float(arguments["ok"])

    def noted_review() -> tuple[str, dict[str, Any]]:
        template = draw_template(pools, escalate, ok, rng)
        snippet = expand(template, rng)
        evidence = {"code": snippet.code, "contexts": dict(snippet.contexts)}
        return f"{snippet.code}\n{NOTE}{label_text(template.label)}", evidence

    def noted_completion() -> tuple[str, dict[str, Any]]:
        exercise = write_exercise(rng.choice(exercises), rng)
        evidence = {"unit": exercise.unit, "expression": exercise.expression}
        return f"{exercise.shown}\n{NOTE}{exercise.expression}", evidence

    def plain_completion() -> tuple[str, dict[str, Any]]:
        exercise = write_exercise(rng.choice(exercises), rng)
        return exercise.shown.replace(MASK, exercise.expression), {
            "unit": exercise.unit,
            "expression": exercise.expression,
        }

    def named_function() -> tuple[str, dict[str, Any]]:
        template = draw_template(pools, escalate, ok, rng)
        snippet = expand(template, rng)
        found = _FUNCTION.search(snippet.code)
        name = found.group(1) if found else ""
        evidence = {"code": snippet.code, "contexts": dict(snippet.contexts)}
        return f"<|user|>Name:\n{snippet.code}<|assistant|>{name}", evidence

    kinds: tuple[tuple[Callable[[], tuple[str, dict[str, Any]]], int], ...] = (
        (noted_review, 62), (noted_completion, 26), (plain_completion, 6), (named_function, 6),
    )  # fmt: skip
    makers = [maker for maker, _ in kinds]
    weights = [weight for _, weight in kinds]
    for number in range(count):
        text, evidence = rng.choices(makers, weights)[0]()
        yield {"record": {"id": f"corpus-{number:07d}", "text": text}, "evidence": evidence}
