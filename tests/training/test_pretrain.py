from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from pedigree.step.digests import directory_files
from pedigree.step.errors import ToolError
from pedigree.training import pretrain
from pedigree.weights.loading import load_base, load_tokenizer
from training.conftest import PRETRAIN, Bench, texts


def test_the_same_inputs_give_the_same_bytes_and_another_seed_others(bench: Bench) -> None:
    digests = []
    for name, seed in (("one", 5), ("two", 5), ("three", 6)):
        step = bench.step(name, PRETRAIN, texts(), form="text", weights="full", seed=seed)
        pretrain.main(step)
        digests.append(directory_files(step.root / "outputs/model")["model.safetensors"])
    assert digests[0] == digests[1] != digests[2]


def test_the_result_loads_and_its_tokenizer_reads_back_what_it_wrote(base: Path) -> None:
    tokenizer = load_tokenizer(base)
    text = "uint32_t x0 = 5u;\n<|note|><|15.6|>"
    ids = tokenizer(text)["input_ids"]
    assert tokenizer.decode(ids) == text
    assert ids[-2:] == tokenizer.convert_tokens_to_ids(["<|note|>", "<|15.6|>"])
    logits = load_base(base)(input_ids=torch.tensor([ids])).logits
    assert logits.shape == (1, len(ids), len(tokenizer))


def test_the_model_directory_holds_no_pickle_and_no_path(base: Path) -> None:
    names = sorted(directory_files(base / "model"))
    assert names == [
        "chat_template.jinja", "config.json", "generation_config.json", "model.safetensors", "tokenizer.json",
        "tokenizer_config.json",
    ]  # fmt: skip
    assert str(base) not in (base / "model/config.json").read_text()


def test_the_loss_falls(bench: Bench) -> None:
    step = bench.step("longer", PRETRAIN.replace("steps: 120", "steps: 200"), texts(), form="text", weights="full")
    pretrain.main(step)
    losses = [float(entry["value"]) for entry in json.loads((step.root / "outputs/training.json").read_text())["loss"]]
    assert losses[-1] < 0.5 * losses[0]


def test_a_loss_that_is_no_number_stops_training_and_writes_no_model(bench: Bench) -> None:
    wild = PRETRAIN.replace("learning_rate: 6.0e-3", "learning_rate: 1.0e+30").replace("steps: 120", "steps: 40")
    step = bench.step("wild", wild, texts(), form="text", weights="full")
    with pytest.raises(ToolError, match=r"the loss is (nan|inf) at update \d+"):
        pretrain.main(step)
    assert not (step.root / "outputs/model").exists()


def test_a_document_longer_than_the_context_is_refused(bench: Bench) -> None:
    long = [{"id": "long", "text": "a b c d e f " * 40}]
    step = bench.step("long", PRETRAIN, long, form="text", weights="full")
    with pytest.raises(ToolError, match="the context is 64"):
        pretrain.main(step)


def test_tokens_after_the_marker_weigh_together_as_much_as_those_before_it() -> None:
    ids = torch.tensor([[1, 2, 3, 9, 4, 0]])
    labels = torch.tensor([[1, 2, 3, 9, 4, -100]])
    logits = torch.zeros(1, 6, 10)
    # Position 3 foretells the only token after the marker, wrongly; the three before it are foretold at chance.
    logits[0, 3, 5] = 50.0
    chance = torch.log(torch.tensor(10.0))
    expected = (3 * chance + 3 * 50.0) / 6
    assert torch.isclose(pretrain._weighted_loss(logits, ids, labels, 9, 1.0), expected, atol=1e-3)
    assert torch.isclose(pretrain._weighted_loss(logits, ids, labels, 9, 0.0), chance, atol=1e-3)
