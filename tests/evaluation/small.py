"""A small evaluation made by hand: sealed sets, predictions of two stages, the directory of a step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from pedigree.evaluation.items import Answer, Item, Judged
from pedigree.step.canonical import canonical_json
from pedigree.step.context import StepContext
from pedigree.step.digests import sha256_bytes

UNIT = """#include <stdint.h>
static uint32_t mask(uint32_t value)
{
    return @@MASK@@;
}
int main(void)
{
    return (mask(0x1FFU) == 0xFFU) ? 0 : 1;
}
"""
REVIEWS = [("r1", "15.6"), ("r2", "OK"), ("r3", "ESCALATE"), ("r4", "7.1")]
COMPLETIONS = ["c1", "c2"]
SETS = ("evals.review", "evals.completion")


def judged(label: str, answer: str, confidence: str = "0.5", task: str = "review", compiles: bool = False) -> Judged:
    """A judged answer; a completion is right when its answer is its label."""
    item = Item(id=f"{label}-{answer}-{confidence}", task=task, template="t", prompt="int x;", label=label)
    return Judged(item, Answer(answer, Fraction(confidence)), label == answer, compiles)


def review_records() -> list[dict[str, Any]]:
    return [
        {"id": key, "template": "t1", "task": "review", "prompt": f"if (a) {key};", "label": label}
        for key, label in REVIEWS
    ]


def completion_records() -> list[dict[str, Any]]:
    return [
        {"id": key, "template": "t2", "task": "completion", "prompt": "mask", "reference": "value & 0xFFU",
         "unit": UNIT}
        for key in COMPLETIONS
    ]  # fmt: skip


def write_set(directory: Path, records: Sequence[Mapping[str, Any]], form: str, sealed: bool = True) -> None:
    """A dataset as the snapshot tool writes it."""
    directory.mkdir(parents=True)
    data = b"".join(canonical_json(record) + b"\n" for record in records)
    (directory / "records.jsonl").write_bytes(data)
    manifest = {"schema": "pedigree.manifest/1", "uid": f"sha256:{sha256_bytes(data)}", "form": form,
                "count": len(records), "sealed": sealed}  # fmt: skip
    (directory / "manifest.json").write_bytes(canonical_json(manifest))


def write_sets(root: Path) -> None:
    write_set(root / "inputs/sets" / SETS[0], review_records(), "review")
    write_set(root / "inputs/sets" / SETS[1], completion_records(), "completion")


def open_step(root: Path, config: Mapping[str, Any], target: str = "evals/demo:suite") -> StepContext:
    root.mkdir(parents=True, exist_ok=True)
    (root / "step.json").write_bytes(canonical_json({"target": target, "config": dict(config)}))
    return StepContext.load(root)


def write_predictions(root: Path, index: int, answers: Mapping[str, tuple[str, str]]) -> None:
    """Predictions of one stage: id -> (answer, confidence)."""
    directory = root / "inputs/predictions" / str(index)
    directory.mkdir(parents=True, exist_ok=True)
    records = [
        {
            "id": key,
            "task": "review" if key.startswith("r") else "completion",
            "answer": answer,
            "confidence": confidence,
        }
        for key, (answer, confidence) in answers.items()
    ]  # fmt: skip
    (directory / "predictions.jsonl").write_bytes(b"".join(canonical_json(record) + b"\n" for record in records))
