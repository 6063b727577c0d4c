"""The graph that is told before anything runs is that of the records that are told after."""

from __future__ import annotations

import json
from typing import Any

from pedigree.build.evidence import Run, record
from pedigree.build.graph import Surroundings, document, files_of
from pedigree.build.plan import Files, Product, Role, Step, Tool, settings
from pedigree.step.digests import sha256_bytes
from pedigree.step.record import Tool as RecordedTool

YAML = Files(("models/fw/sft.yaml",), "models/fw")
ROOT = Files(("card.md",), "")
SHARED = Files(("datasets/fw/a.jsonl", "datasets/fw/deeper/b.jsonl"), "datasets/fw")
DATA = Step(
    "datasets/fw:train",
    "dataset",
    Tool("pedigree.data.snapshot", "data"),
    settings({"form": "messages", "sealed": False}),
    (Role("records", SHARED), Role("again", SHARED)),
    ("records.jsonl",),
)
SFT = Step(
    "models/fw:sft",
    "finetune",
    Tool("pedigree.training.sft", "ml"),
    settings({"seed": 1}),
    (Role("datasets/datasets.fw.train", DATA.product), Role("hyperparameters", YAML), Role("card", ROOT)),
    ("training.json",),
)
SURROUNDINGS = {DATA.name: Surroundings("data.lock", "bitwise"), SFT.name: Surroundings("cuda.lock", "bounded")}
CONTENT = {path: sha256_bytes(path.encode()) for files in (YAML, ROOT, SHARED) for path in files.paths}


def told() -> dict[str, dict[str, Any]]:
    """Name -> step of the graph."""
    graph = json.loads(document((DATA, SFT), SURROUNDINGS, CONTENT, Product("models/fw:sft")))
    assert (graph["schema"], graph["release"]) == ("pedigree.graph/1", "models.fw.sft")
    return {step["name"]: step for step in graph["steps"]}


def recorded(step: Step, accelerator: dict[str, str]) -> dict[str, Any]:
    """What is told of the step when it has run, by the names of the graph."""
    surroundings = SURROUNDINGS[step.name]
    tool = RecordedTool(step.tool.module, "a resolve", surroundings.lock, "", {}, "", "Python 3.11.2", "")
    seen: dict[str, Any] = json.loads(record(step, Run(tool, {}, accelerator=accelerator), {}, {}))
    return {
        **{key: seen[key] for key in ("name", "address", "kind", "config", "reproducibility")},
        "module": seen["tool"]["module"],
        "lock": seen["tool"]["lock"],
        "inputs": {role: origin["step"] for role, origin in seen["inputs"].items()},
        "prefixes": {role: origin["prefix"] for role, origin in seen["inputs"].items() if not origin["step"]},
    }


def test_a_step_is_told_of_before_it_runs_as_it_is_after() -> None:
    for step, accelerator in ((DATA, {}), (SFT, {"name": "NVIDIA H100"})):
        before, after = told()[step.name], recorded(step, accelerator)
        assert {key: before[key] for key in after} == after


def test_materials_are_the_files_under_version_control_where_the_step_will_find_them() -> None:
    steps = told()
    assert steps[SFT.name]["materials"] == {
        "inputs/hyperparameters/sft.yaml": CONTENT["models/fw/sft.yaml"],
        "inputs/card/card.md": CONTENT["card.md"],
    }
    assert set(steps[DATA.name]["materials"]) == {
        f"inputs/{role}/{path}" for role in ("records", "again") for path in ("a.jsonl", "deeper/b.jsonl")
    }
    assert all(step["products"] == {} for step in steps.values())


def test_files_that_several_roles_take_are_asked_for_once() -> None:
    assert files_of((DATA, SFT)) == (SHARED, YAML, ROOT)
