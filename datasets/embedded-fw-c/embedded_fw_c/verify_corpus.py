"""Keeps a document only when the code in it, and the note after it, hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from embedded_fw_c import verify_completion, verify_review


def verify(examples: Sequence[Mapping[str, Any]]) -> list[str]:
    """For each example, why it is dropped; empty when it is kept.

    Args:
        examples: What `corpus` generated: each carries the evidence of a review or of a completion.
    """
    reasons = [""] * len(examples)
    for key, check in (("contexts", verify_review.verify), ("unit", verify_completion.verify)):
        chosen = [number for number, example in enumerate(examples) if key in example["evidence"]]
        for number, reason in zip(chosen, check([examples[number] for number in chosen]), strict=True):
            reasons[number] = reason
    return reasons
