"""Generates preference pairs that teach abstention.

On a snippet that cannot be judged, `ESCALATE` is preferred to a confident verdict; on one that can, the verdict is
preferred to `ESCALATE` and to a wrong verdict, so that abstaining does not become the answer to everything.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any

from embedded_fw_c.review import PROMPT, draw_template, label_text, template_pools
from embedded_fw_c.template import ESCALATE, OK, ReviewTemplate, Snippet, expand


def generate(seed: int, count: int, arguments: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield `count` pairs of a split.

    Args:
        seed: Same seed, same pairs.
        count: How many.
        arguments: `split`; `escalate` and `ok`: shares as in `review`.
    """
    rng = random.Random(f"preferences {seed}")
    pools = template_pools(arguments["split"])
    for number in range(count):
        template = draw_template(pools, float(arguments["escalate"]), float(arguments["ok"]), rng)
        snippet = expand(template, rng)
        record = {
            "id": f"preference-{arguments['split']}-{number:06d}",
            "template": template.name,
            "prompt": [{"role": "user", "content": PROMPT + snippet.code}],
            "chosen": _answer(template.label),
            "rejected": _answer(_rejected(template, snippet, rng)),
        }
        yield {"record": record, "evidence": {"code": snippet.code, "contexts": dict(snippet.contexts)}}


def _rejected(template: ReviewTemplate, snippet: Snippet, rng: random.Random) -> str:
    """A wrong verdict that is near: one of a hidden context, of the compliant twin, or of the rule that is kept."""
    if template.label == ESCALATE:
        return rng.choice(sorted(snippet.contexts))
    wrong = OK if template.label != OK else template.rule
    return rng.choice((ESCALATE, ESCALATE, wrong))


def _answer(label: str) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": label_text(label)}]
