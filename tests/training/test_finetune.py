from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from pedigree.evaluation import predict
from pedigree.registry.store import Store
from pedigree.registry.weights_manifest import WeightsFile, WeightsManifest, render_weights_manifest
from pedigree.step.context import StepContext
from pedigree.step.digests import directory_files
from pedigree.step.errors import ToolError
from pedigree.step.model_files import WEIGHTS_MANIFEST, base_digest
from pedigree.training import dpo, sft
from pedigree.training.trainer import Progress
from pedigree.weights.loading import load_adapted, load_base
from training.conftest import Bench

SFT = """
epochs: 12
batch_size: 8
learning_rate: 1.0e-2
warmup: 2
context: 64
lora_rank: 8
lora_alpha: 16
"""
DPO = """
epochs: 4
batch_size: 8
learning_rate: 5.0e-3
warmup: 2
context: 64
beta: 0.1
sft_weight: 0.5
"""


def prompt(n: int) -> list[dict[str, str]]:
    return [{"role": "user", "content": f"Review:\nif (x{n % 2} > {n}u)"}]


def answer(label: str) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": label}]


def messages(count: int = 48) -> list[dict[str, Any]]:
    labels = ("<|OK|>", "<|15.6|>")
    return [{"id": f"m{n}", "template": "t", "messages": prompt(n) + answer(labels[n % 2])} for n in range(count)]


def pairs(count: int = 48) -> list[dict[str, Any]]:
    return [
        {"id": f"p{n}", "template": "t", "prompt": prompt(n), "chosen": answer("<|ESCALATE|>"),
         "rejected": answer("<|OK|>")}
        for n in range(count)
    ]  # fmt: skip


@pytest.fixture
def tuned(bench: Bench, base: Path) -> Path:
    step = bench.step("sft", SFT, messages(), form="messages", inputs={"base": base})
    sft.main(step)
    return step.root / "outputs"


def judge(folder: Path, model: Path, base: Path) -> list[dict[str, Any]]:
    """What a model answers to two reviews."""
    shown = {n: prompt(n)[0]["content"] for n in (100, 101)}
    items = [
        {"id": f"i{n}", "template": "t", "task": "review", "prompt": text, "label": "OK"} for n, text in shown.items()
    ]
    (folder / "inputs/sets/s").mkdir(parents=True)
    (folder / "inputs/sets/s/records.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items))
    (folder / "inputs/model").symlink_to(model)
    (folder / "inputs/base").symlink_to(base)
    (folder / "step.json").write_text(json.dumps({"target": "evals/t", "config": {"stage": "tuned"}}))
    predict.main(StepContext.load(folder))
    return [json.loads(line) for line in (folder / "outputs/predictions.jsonl").read_text().splitlines()]


def test_sft_learns_the_task_and_writes_an_adapter_that_peft_loads(tuned: Path, base: Path, tmp_path: Path) -> None:
    assert set(directory_files(tuned / "model")) >= {"adapter_model.safetensors", "adapter_config.json"}
    config = json.loads((tuned / "model/adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == base_digest(directory_files(base / "model"))
    assert config["target_modules"] == sorted(config["target_modules"])
    changed = load_adapted(base, tuned, trainable=False).state_dict()
    assert any("lora_B" in name and torch.any(tensor != 0) for name, tensor in changed.items())
    assert [row["answer"] for row in judge(tmp_path / "judged", tuned, base)] == ["OK", "15.6"]


def test_sft_gives_the_same_bytes_twice(bench: Bench, base: Path, tuned: Path) -> None:
    again = bench.step("again", SFT, messages(), form="messages", inputs={"base": base})
    sft.main(again)
    assert directory_files(again.root / "outputs") == directory_files(tuned)


def test_dpo_makes_the_chosen_answer_win_and_repeats_its_bytes(
    bench: Bench, base: Path, tuned: Path, tmp_path: Path
) -> None:
    made = []
    for name in ("dpo", "dpo-again"):
        step = bench.step(name, DPO, pairs(), form="preference", inputs={"base": base, "adapter": tuned})
        dpo.main(step)
        made.append(step.root / "outputs")
    assert directory_files(made[0]) == directory_files(made[1])
    assert [row["answer"] for row in judge(tmp_path / "judged", made[0], base)] == ["ESCALATE", "ESCALATE"]
    assert "ref" not in {path.name for path in (made[0] / "model").iterdir()}


def test_what_is_to_compute_on_an_accelerator_does_not_compute_without(
    bench: Bench, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    step = bench.step("gpu", SFT, messages(), form="messages", inputs={"base": base})
    with pytest.raises(
        ToolError, match="computes on an accelerator, and torch .* sees none\nhint: give the environment"
    ):
        sft.main(replace(step, accelerator="nvidia"))
    assert not (step.root / "outputs/model").exists()


def test_training_leaves_the_base_as_it_was(base: Path, tuned: Path) -> None:
    before = load_base(base).state_dict()
    after = load_adapted(base, tuned, trainable=False).unload().state_dict()
    assert all(torch.equal(tensor, after[name]) for name, tensor in before.items())


def test_dpo_without_a_starting_point_is_an_error(bench: Bench, base: Path) -> None:
    step = bench.step("dpo", DPO, pairs(), form="preference", inputs={"base": base})
    with pytest.raises(ToolError, match="no adapter to start from"):
        dpo.main(step)


def test_a_sealed_set_is_refused_by_the_tool_too(bench: Bench, base: Path) -> None:
    step = bench.step("sft", SFT, messages(), form="messages", inputs={"base": base}, sealed=True)
    with pytest.raises(ToolError, match="dataset 'd' is sealed"):
        sft.main(step)


def test_data_of_another_form_is_refused(bench: Bench, base: Path) -> None:
    step = bench.step("sft", SFT, pairs(), form="preference", inputs={"base": base})
    with pytest.raises(ToolError, match="learns from 'messages'"):
        sft.main(step)


def test_a_loss_that_is_no_number_stops_sft(bench: Bench, base: Path) -> None:
    wild = SFT.replace("learning_rate: 1.0e-2", "learning_rate: 1.0e+30").replace("epochs: 12", "epochs: 20")
    step = bench.step("sft", wild, messages(), form="messages", inputs={"base": base})
    with pytest.raises(ToolError, match=r"the loss is (nan|inf)"):
        sft.main(step)
    assert not (step.root / "outputs/model").exists()


def test_an_example_that_would_lose_its_answer_is_refused(bench: Bench, base: Path, tuned: Path) -> None:
    long = [{"role": "user", "content": "x + " * 200}]
    teach = [*messages(), {"id": "m99", "template": "t", "messages": long + answer("<|OK|>")}]
    with pytest.raises(ToolError, match=r"record 'm99' has \d+ tokens, and the context is 64"):
        sft.main(bench.step("long", SFT, teach, form="messages", inputs={"base": base}))
    prefer = [*pairs(), {**pairs()[0], "id": "p99", "prompt": long}]
    with pytest.raises(ToolError, match="record 'p99' has"):
        dpo.main(bench.step("longer", DPO, prefer, form="preference", inputs={"base": base, "adapter": tuned}))


def test_weights_that_the_last_update_broke_are_not_saved(
    bench: Bench, base: Path, tuned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loss that is looked at was taken before the update."""

    def break_at_the_end(self: Progress, args: Any, state: Any, control: Any, **others: Any) -> None:
        if state.global_step == state.max_steps:
            with torch.no_grad():
                next(one for one in others["model"].parameters() if one.requires_grad).fill_(float("nan"))

    monkeypatch.setattr(Progress, "on_step_end", break_at_the_end)
    with pytest.raises(ToolError, match="are not finite after training"):
        sft.main(bench.step("one", SFT, messages(), form="messages", inputs={"base": base}))
    with pytest.raises(ToolError, match="are not finite after training"):
        dpo.main(bench.step("two", DPO, pairs(), form="preference", inputs={"base": base, "adapter": tuned}))
    assert not (bench.root / "one/outputs/model").exists() and not (bench.root / "two/outputs/model").exists()


def test_another_instruction_set_is_refused(bench: Bench, base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "DEFAULT")
    step = bench.step("sft", SFT, messages(), form="messages", inputs={"base": base})
    with pytest.raises(ToolError, match="this processor computes with DEFAULT"):
        sft.main(step)


def test_a_process_that_pins_nothing_is_refused(bench: Bench, base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(os.environ, "OMP_NUM_THREADS")
    step = bench.step("sft", SFT, messages(), form="messages", inputs={"base": base})
    with pytest.raises(ToolError, match="lacks OMP_NUM_THREADS=1"):
        sft.main(step)


def by_manifest(base: Path, folder: Path) -> Path:
    """The same base, as an artifact that names files of a store; its folder is the store's."""
    store = Store(folder / "store")
    files = []
    for name, digest in sorted(directory_files(base / "model").items()):
        content = (base / "model" / name).read_bytes()
        files.append(WeightsFile(name, len(content), digest, ("file:x",)))
        store.object(digest).parent.mkdir(parents=True, exist_ok=True)
        store.object(digest).write_bytes(content)
    artifact = folder / "named"
    artifact.mkdir()
    (artifact / WEIGHTS_MANIFEST).write_bytes(render_weights_manifest(WeightsManifest(tuple(files))))
    return artifact


def test_a_base_of_the_store_trains_to_the_same_bytes(
    bench: Bench, base: Path, tuned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = by_manifest(base, tmp_path)
    monkeypatch.setenv("PEDIGREE_MODELS", str(tmp_path / "store"))
    step = bench.step("named", SFT, messages(), form="messages", inputs={"base": named})
    sft.main(step)
    assert directory_files(step.root / "outputs") == directory_files(tuned)
    assert [row["answer"] for row in judge(tmp_path / "judged", tuned, named)] == ["OK", "15.6"]


def test_a_base_that_rots_in_the_store_is_not_loaded(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = by_manifest(base, tmp_path)
    monkeypatch.setenv("PEDIGREE_MODELS", str(tmp_path / "store"))
    rotten = Store(tmp_path / "store").object(directory_files(base / "model")["model.safetensors"])
    content = bytearray(rotten.read_bytes())
    content[-1] ^= 1
    rotten.write_bytes(content)
    with pytest.raises(ToolError, match=r"weights 'model\.safetensors' have the sha256 .*, but .* is pinned"):
        load_base(named)
    rotten.unlink()
    with pytest.raises(ToolError, match=r"are not in the store .*\nhint: run, .*: pedigree models fetch MANIFEST"):
        load_base(named)
