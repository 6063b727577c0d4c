"""Generates review examples: a C snippet, and the rule that it breaks."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from embedded_fw_c.held_out import template_splits
from embedded_fw_c.template import ESCALATE, OK, ReviewTemplate, Snippet, expand, review_templates

PROMPT = "Review:\n"


def generate(seed: int, count: int, arguments: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield `count` examples of a split.

    Args:
        seed: Same seed, same examples.
        count: How many.
        arguments: `split`: `train`, `dev` or `sealed`; `form`: `review` or `messages`; `escalate`: share of snippets
            that cannot be judged, a decimal; `ok`: share of compliant ones.
    """
    rng = random.Random(f"review {seed}")
    pools = template_pools(arguments["split"])
    for number in range(count):
        template = draw_template(pools, float(arguments["escalate"]), float(arguments["ok"]), rng)
        snippet = expand(template, rng)
        identity = {"id": f"review-{arguments['split']}-{number:06d}", "template": template.name}
        record = identity | _FORMS[arguments["form"]](snippet, template.label)
        yield {"record": record, "evidence": {"code": snippet.code, "contexts": dict(snippet.contexts)}}


def template_pools(split: str) -> dict[str, list[list[ReviewTemplate]]]:
    """Label class (`rule`, `OK`, `ESCALATE`) -> the split's templates, grouped."""
    splits = template_splits()
    grouped: dict[str, dict[str, list[ReviewTemplate]]] = {"rule": {}, OK: {}, ESCALATE: {}}
    for template in review_templates():
        if splits[template.name] == split:
            kind = template.label if template.label in (OK, ESCALATE) else "rule"
            grouped[kind].setdefault(template.group, []).append(template)
    return {kind: list(groups.values()) for kind, groups in grouped.items()}


def draw_template(
    pools: Mapping[str, Sequence[Sequence[ReviewTemplate]]], escalate: float, ok: float, rng: random.Random
) -> ReviewTemplate:
    """Draw a label class by its share, then a group, then one of its templates."""
    kind = rng.choices(("rule", OK, ESCALATE), (1.0 - escalate - ok, ok, escalate))[0]
    return rng.choice(rng.choice(pools[kind]))


def label_text(label: str) -> str:
    """A label as the model writes it: one special token."""
    return f"<|{label}|>"


def _as_review(snippet: Snippet, label: str) -> dict[str, Any]:
    return {"task": "review", "prompt": PROMPT + snippet.code, "label": label}


def _as_messages(snippet: Snippet, label: str) -> dict[str, Any]:
    return {
        "messages": [
            {"role": "user", "content": PROMPT + snippet.code},
            {"role": "assistant", "content": label_text(label)},
        ]
    }


_FORMS = {"review": _as_review, "messages": _as_messages}
