"""A base of a few thousand parameters, pretrained in seconds, and steps to train it further."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pedigree.step.context import StepContext
from pedigree.training import pretrain

PRETRAIN = """
vocabulary: 320
special_tokens: ["<|note|>", "<|OK|>", "<|15.6|>", "<|ESCALATE|>"]
hidden_size: 32
layers: 2
heads: 2
key_value_heads: 1
intermediate_size: 48
context: 64
steps: 120
batch_tokens: 256
learning_rate: 6.0e-3
warmup: 4
weight_decay: 0.01
marker: "<|note|>"
marker_weight: 1.0
"""


@dataclass(frozen=True)
class Bench:
    """Lays out steps below one folder."""

    root: Path

    def step(
        self,
        name: str,
        hyperparameters: str,
        records: Sequence[Mapping[str, Any]],
        *,
        form: str,
        inputs: Mapping[str, Path] | None = None,
        seed: int = 5,
        weights: str = "lora",
        sealed: bool = False,
    ) -> StepContext:
        """A step with one dataset, a hyperparameter file, and artifacts of other steps as inputs."""
        folder = self.root / name
        dataset = folder / "inputs/datasets/d"
        dataset.mkdir(parents=True)
        (dataset / "records.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
        (dataset / "manifest.json").write_text(json.dumps({"form": form, "sealed": sealed}))
        (folder / "inputs/hyperparameters").mkdir()
        (folder / "inputs/hyperparameters/h.yaml").write_text(hyperparameters)
        for role, artifact in (inputs or {}).items():
            (folder / "inputs" / role).symlink_to(artifact)
        settings = {"seed": seed, "weights": weights}
        (folder / "step.json").write_text(json.dumps({"target": f"models/t:{name}", "config": settings}))
        return StepContext.load(folder)


def texts(count: int = 40) -> list[dict[str, str]]:
    """Documents with a note that the code gives away."""
    labels = ("<|OK|>", "<|15.6|>")
    return [{"id": f"t{n}", "text": f"if (x{n % 2} > {n}u)\n<|note|>{labels[n % 2]}"} for n in range(count)]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The artifact of a pretraining step."""
    step = Bench(tmp_path_factory.mktemp("base")).step("base", PRETRAIN, texts(), form="text", weights="full")
    pretrain.main(step)
    return step.root / "outputs"
