from __future__ import annotations

import pickle
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pedigree.release import assemble
from pedigree.step.canonical import canonical_json, read_json
from pedigree.step.context import StepContext
from pedigree.step.digests import list_files, sha256_file
from pedigree.step.errors import ToolError

HEADER = b'{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
WEIGHTS = struct.pack("<Q", len(HEADER)) + HEADER + struct.pack("<f", 0.5)
REPORT: dict[str, Any] = {
    "schema": "pedigree.evaluation/1",
    "suite": "evals/demo:suite",
    "sets": [{"name": "evals.demo.sealed", "uid": "sha256:" + "a" * 64, "count": 100, "form": "review"}],
    "model": "after DPO",
    "stages": [
        {"stage": stage, "metrics": {"review_coverage": {"value": value, "numerator": right, "denominator": 100,
                                                         "lower": "0.8237", "upper": "0.9510"}}}
        for stage, value, right in (("base model", "1.0000", 100), ("after DPO", "0.9000", 90))
    ],
    "gates": [{"metric": "review_coverage", "comparison": ">=", "threshold": "0.80", "value": "0.9000",
               "passed": True}],
    "passed": True,
    "abstain_below": "0.80",
    "not_compared": ["models/base:c"],
    "labels": {"15.6": {"items": 10, "right": 9, "withheld": 1}, "7.1": {"items": 10, "right": 3, "withheld": 0}},
    "calibration": {"ece": "0.0500", "aurc": "0.0200"},
}  # fmt: skip


def prepare(root: Path) -> StepContext:
    """The directory of an assembling step."""
    model, base, evaluation = (root / "inputs" / name for name in ("model", "base", "evaluations/evals.demo.eval"))
    for directory in (model / "model", base / "model", evaluation):
        directory.mkdir(parents=True)
    (model / "model/adapter_model.safetensors").write_bytes(WEIGHTS)
    (model / "model/adapter_config.json").write_text('{"base_model_name_or_path":"models/base:c","r":8}')
    (model / "model/tokenizer.json").write_text('{"model":{"vocab":{"/dev/null":1,"auto_map":2}}}')
    (model / "model/chat_template.jinja").write_text("{{ messages }}")
    training = {"method": "dpo", "seed": 7, "updates": 120, "hyperparameters": {"beta": "0.1", "lora_targets": ["q"]}}
    (model / "training.json").write_bytes(canonical_json(training))
    (base / "model/model.safetensors").write_bytes(WEIGHTS)
    corpus = {"name": "corpus", "uid": "sha256:" + "c" * 64, "count": 9, "license": "CC0-1.0", "origin": "internal"}
    pinned = {"license": "Apache-2.0", "origin": "internal", "trained_on": [corpus]}
    (base / "manifest.json").write_bytes(canonical_json(pinned))
    (evaluation / "report.json").write_bytes(canonical_json(REPORT))
    (evaluation / "report.html").write_text("<html></html>")
    (evaluation / "predictions.jsonl").write_text("")
    (root / "inputs/card").mkdir()
    (root / "inputs/card/card.md").write_text("Reviews C.\n\n## Intended use\n\nAn engineering tool.\n")
    dataset = root / "inputs/trained/datasets.demo.dpo"
    dataset.mkdir(parents=True)
    manifest = {"uid": "sha256:" + "b" * 64, "count": 400, "license": "Apache-2.0", "origin": "synthetic-verified"}
    (dataset / "manifest.json").write_bytes(canonical_json(manifest))
    config = {"release": "models/demo:demo", "base": "models.base.c"}
    (root / "step.json").write_bytes(canonical_json({"target": "models/demo:demo", "config": config}))
    return StepContext.load(root)


def test_a_release_is_model_evaluation_and_card(tmp_path: Path) -> None:
    assemble.main(prepare(tmp_path))
    evidence = [f"evaluation/evals.demo.eval/{name}" for name in ("predictions.jsonl", "report.html", "report.json")]
    model = [f"model/{name}" for name in ("adapter_config.json", "adapter_model.safetensors", "chat_template.jinja",
                                          "tokenizer.json")]  # fmt: skip
    assert list_files(tmp_path / "outputs") == ["MODEL_CARD.md", *evidence, *model]
    assert (tmp_path / "outputs/model/adapter_model.safetensors").read_bytes() == WEIGHTS


def test_the_card_says_what_it_is_how_good_and_what_it_is_not_for(tmp_path: Path) -> None:
    assemble.main(prepare(tmp_path))
    card = (tmp_path / "outputs/MODEL_CARD.md").read_text()
    base = sha256_file(tmp_path / "inputs/base/model/model.safetensors")
    for text in ("# models/demo:demo", f"sha256:{base}", "sha256:" + "b" * 64, "sha256:" + "a" * 64, "| seed | 7 |",
                 "| `review_coverage` | 1.0000 | 0.9000 | 90 of 100 | 0.8237 to 0.9510 | >= 0.80 |",
                 "Reviews C.", "What `models/base:c` learned from was not compared",
                 "## Intended use", "| `beta` | 0.1 |", "| `corpus (of the base model)` |",
                 "PeftModel.from_pretrained", "`7.1` (evals.demo.eval): 3 of 10"):  # fmt: skip
        assert text in card, text


def test_a_whole_model_is_loaded_without_a_base(tmp_path: Path) -> None:
    step = prepare(tmp_path)
    shutil.rmtree(tmp_path / "inputs/base")
    model = tmp_path / "inputs/model/model"
    (model / "adapter_model.safetensors").rename(model / "model.safetensors")
    assemble.main(step)
    card = (tmp_path / "outputs/MODEL_CARD.md").read_text()
    assert "A fine-tuned model." in card and "peft" not in card and "## Base model" not in card


@pytest.mark.parametrize(
    ("prose", "problem"),
    [
        (b" \n", "is empty"),
        (b"\xff", "is not UTF-8: invalid start byte at byte 0"),
        (b"Fine.\n\n## Evaluation: mine\n\n| accuracy | 1.0 |\n", "has the heading '## Evaluation: mine'"),
        (b"# Another model\n", "has the heading '# Another model'"),
    ],
)
def test_prose_that_says_nothing_or_passes_for_figures_is_refused(tmp_path: Path, prose: bytes, problem: str) -> None:
    step = prepare(tmp_path)
    (tmp_path / "inputs/card/card.md").write_bytes(prose)
    with pytest.raises(ToolError, match=problem):
        assemble.main(step)


def _config(text: str) -> Callable[[Path], object]:
    return lambda model: (model / "adapter_config.json").write_text(text)


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda model: (model / "training_args.bin").write_bytes(pickle.dumps({})), "others can run code when loaded"),
        (lambda model: (model / "notes.txt").write_bytes(pickle.dumps({})), "is a pickle"),
        (lambda model: (model / "weights.dat").write_bytes(b"PK\x03\x04..."), "others can run code when loaded"),
        (lambda model: (model / "modeling_x.py").write_text("import os"), "others can run code when loaded"),
        (lambda model: (model / "CONFIG.JSON").write_text("{}"), "others can run code when loaded"),
        (lambda model: (model / "nul.json").write_text("{}"), "is the name of a device on Windows"),
        (lambda model: (model / "a\u202enosj.json").write_text("{}"), "holds a character that nobody sees"),
        (lambda model: (model / "adapter_model.safetensors").write_bytes(pickle.dumps([1] * 9)), "not a safetensors"),
        (_config('{"auto_map":{"AutoModel":"x.Y"}}'), "auto_map"),
        (_config('{"inner":[{"auto_map":{}}]}'), "auto_map"),
        (_config('{"base_model_name_or_path":"/home/someone/base"}'), "absolute path '/home/someone/base'"),
        (_config('{"base_model_name_or_path":"C:\\\\base"}'), "absolute path"),
        (lambda model: (model / "adapter_model.safetensors").unlink(), "no weights as safetensors"),
    ],
)
def test_what_could_run_or_knows_where_it_was_made_is_refused(
    tmp_path: Path, spoil: Callable[[Path], object], problem: str
) -> None:
    step = prepare(tmp_path)
    spoil(tmp_path / "inputs/model/model")
    with pytest.raises(ToolError, match=problem.replace("(", "\\(")):
        assemble.main(step)


def test_an_evaluation_with_a_red_gate_is_not_released(tmp_path: Path) -> None:
    step = prepare(tmp_path)
    path = tmp_path / "inputs/evaluations/evals.demo.eval/report.json"
    path.write_bytes(canonical_json({**read_json(path), "passed": False}))
    with pytest.raises(ToolError, match="a gate that is not met"):
        assemble.main(step)
