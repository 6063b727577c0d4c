from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from pedigree.data import synthesize
from pedigree.step.context import StepContext
from pedigree.step.errors import ToolError

GENERATOR = """
def generate(seed, count, arguments):
    for number in reversed(range(count)):
        yield {"record": {"id": f"r{number:03d}", "text": arguments["word"] + str(seed)}, "evidence": {"n": number}}
"""
VERIFIER = """
def verify(examples):
    return ["odd" if example["evidence"]["n"] % 2 else "" for example in examples]
"""


def make_step(folder: Path, name: str, verifier: str = VERIFIER, **config: Any) -> StepContext:
    package = folder / "inputs/generator" / name
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "make.py").write_text(GENERATOR)
    (package / "check.py").write_text(verifier)
    settings = {
        "generator": f"{name}.make",
        "verifier": f"{name}.check",
        "seed": 4,
        "count": 10,
        "arguments": {"word": "w"},
        "form": "text",
        "license": "Apache-2.0",
        "origin": "synthetic-verified",
        "sealed": False,
        **config,
    }
    (folder / "step.json").write_text(json.dumps({"target": "datasets/x:y", "config": settings}))
    return StepContext.load(folder)


@pytest.fixture(autouse=True)
def _own_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))


def test_only_verified_examples_are_kept_and_the_others_are_counted(tmp_path: Path) -> None:
    step = make_step(tmp_path, "kept")
    synthesize.main(step)
    records = [json.loads(line) for line in (tmp_path / "outputs/records.jsonl").read_text().splitlines()]
    assert [record["id"] for record in records] == ["r000", "r002", "r004", "r006", "r008"]
    report = json.loads((tmp_path / "outputs/report.json").read_text())
    assert report == {"schema": "pedigree.synthesis/1", "generated": 10, "kept": 5, "dropped": {"odd": 5}}
    assert json.loads((tmp_path / "outputs/manifest.json").read_text())["count"] == 5


def test_a_set_of_which_nothing_is_proved_is_an_error(tmp_path: Path) -> None:
    step = make_step(tmp_path, "none", "def verify(examples):\n    return ['no'] * len(examples)\n")
    with pytest.raises(ToolError, match=r"keeps none of 10 examples \(no: 10\)"):
        synthesize.main(step)


def test_a_verifier_that_skips_examples_is_an_error(tmp_path: Path) -> None:
    step = make_step(tmp_path, "short", "def verify(examples):\n    return ['']\n")
    with pytest.raises(ToolError, match="gave 1 verdicts on 10 examples"):
        synthesize.main(step)


def test_a_missing_module_names_target_and_field(tmp_path: Path) -> None:
    step = make_step(tmp_path, "missing", generator="missing.nowhere")
    with pytest.raises(ToolError, match=r"'datasets/x:y': module 'missing.nowhere'") as caught:
        synthesize.main(step)
    assert "generator_sources" in caught.value.hint
