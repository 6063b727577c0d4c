"""Which review template trains, which is held out, and which is set aside because it resembles one that trains.

Ranking by name knows nothing of what a template says: two files may hold the same wording. A template that would be
held out is therefore compared with every training template of its label, by the 4-grams of its tokens with names,
numbers and generated expressions made alike. One that is too near is neither trained on nor judged by.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

from embedded_fw_c.splits import split_of
from embedded_fw_c.template import ReviewTemplate, review_templates

ASIDE = "aside"
NEAR = 0.85
"""Dice similarity from which two templates count as one wording."""

_GRAM = 4
_FILLER_LINE = re.compile(r"^\s*\$F\s*$", re.MULTILINE)
_ALIKE = (
    (re.compile(r"\$[BE]\([a-z]\)"), " EXPRESSION "),
    (re.compile(r"\$(?:ku8|[kmsXC])\w*"), " NUMBER "),
    (re.compile(r"\$(?:buf|tab|tag|lbl|fn\d?|ty|[a-zA-Z])"), " NAME "),
    (re.compile(r"\b\d+u?l?\b"), " NUMBER "),
)
_TOKEN = re.compile(r"[A-Za-z_]\w*|\S")

Grams = Counter[tuple[str, ...]]


@cache
def template_splits() -> dict[str, str]:
    """Template name -> `train`, `dev`, `sealed` or `aside`."""
    templates = review_templates()
    splits = split_of((template.name, template.group) for template in templates)
    grams = {template.name: wording(template) for template in templates}
    trained = [template for template in templates if splits[template.name] == "train"]

    def resembles_training(template: ReviewTemplate) -> bool:
        rivals = (rival.name for rival in trained if rival.label == template.label)
        return any(similarity(grams[template.name], grams[rival]) >= NEAR for rival in rivals)

    held_out = [template for template in templates if splits[template.name] != "train"]
    return splits | {template.name: ASIDE for template in held_out if resembles_training(template)}


def wording(template: ReviewTemplate) -> Grams:
    """How often each 4-gram of tokens occurs in a template, names and numbers made alike."""
    text = _FILLER_LINE.sub("", template.snippet)
    for pattern, word in _ALIKE:
        text = pattern.sub(word, text)
    tokens = _TOKEN.findall(text)
    return Counter(tuple(tokens[start : start + _GRAM]) for start in range(len(tokens) - _GRAM + 1))


def similarity(one: Grams, other: Grams) -> float:
    """Dice coefficient of two multisets, in [0, 1]; 1 for the same."""
    return 2 * (one & other).total() / max(1, one.total() + other.total())
