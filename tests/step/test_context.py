from __future__ import annotations

import json
from pathlib import Path

import pytest

from pedigree.step.context import StepContext
from pedigree.step.errors import ToolError


@pytest.fixture
def step(tmp_path: Path) -> StepContext:
    (tmp_path / "step.json").write_text(json.dumps({"target": "models/x:sft", "config": {"seed": 7}}))
    for name in ("base/model.safetensors", "datasets/b/records.jsonl", "datasets/a/records.jsonl", "many/1", "many/2"):
        path = tmp_path / "inputs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return StepContext.load(tmp_path)


def test_a_step_knows_its_target_and_its_config(step: StepContext) -> None:
    assert step.target == "models/x:sft"
    assert step.config == {"seed": 7}


def test_inputs_are_found_by_role(step: StepContext) -> None:
    assert step.input("base") == step.root / "inputs" / "base"
    assert step.has_input("base")
    assert not step.has_input("adapter")


def test_a_role_of_several_artifacts_comes_in_order_of_names(step: StepContext) -> None:
    assert list(step.inputs("datasets")) == ["a", "b"]
    assert step.inputs("adapter") == {}


def test_a_missing_input_names_the_target(step: StepContext) -> None:
    with pytest.raises(ToolError, match="'models/x:sft' has no input 'adapter'"):
        step.input("adapter")


def test_the_only_file_of_an_input_is_found_and_two_are_refused(step: StepContext) -> None:
    assert step.input_file("base").read_text() == "base/model.safetensors"
    with pytest.raises(ToolError, match="input 'many' holds 2 files"):
        step.input_file("many")


def test_an_output_may_lie_deep(step: StepContext) -> None:
    step.output("model/lora/adapter.json").write_text("{}")
    assert (step.root / "outputs/model/lora/adapter.json").read_text() == "{}"


def test_a_step_is_loaded_again_after_it_was_run(step: StepContext) -> None:
    step.output("report.json").write_text("{}")
    StepContext.load(step.root)
    assert (step.root / "outputs/report.json").exists()
