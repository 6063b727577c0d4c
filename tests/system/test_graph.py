"""`./pants graph`: what a release would be made from, told without making anything."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from system.conftest import Repo


def graph(repo: Repo) -> dict[str, Any]:
    """The graph of the release, which must be all that is on stdout."""
    done = repo.pants("graph", "models/fw")
    assert done.returncode == 0, done.stderr
    assert "Starting: dataset" not in done.stderr and "Starting: finetune" not in done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_the_graph_names_every_step_after_those_that_it_takes_from(repo: Repo) -> None:
    document = graph(repo)
    steps = {step["name"]: step for step in document["steps"]}
    assert (document["schema"], document["release"]) == ("pedigree.graph/1", "models.fw")
    assert {step["kind"] for step in document["steps"]} >= {
        "dataset",
        "finetune",
        "eval_suite",
        "evaluation",
        "release",
    }
    known: set[str] = set()
    for name, step in steps.items():
        assert set(filter(None, step["inputs"].values())) <= known
        known.add(name)
    assert steps["evals.suite"]["config"]["gates"] == {"review_coverage": ">= 0.50"}
    assert steps["models.fw.sft"]["inputs"]["hyperparameters"] == ""
    assert steps["models.fw.sft"]["lock"] == "3rdparty/python/ml.lock"
    assert steps["models.fw.sft"]["reproducibility"] == "bitwise"


def test_the_graph_follows_files_and_targets_and_runs_nothing(repo: Repo) -> None:
    first = graph(repo)
    repo.write("models/fw/sft.yaml", "rate: '17'\n")
    build = (repo.root / "evals/BUILD").read_text()
    repo.write("evals/BUILD", build.replace(">= 0.50", ">= 0.40"))
    second = graph(repo)
    changed = {
        step["name"]: step for before, step in zip(first["steps"], second["steps"], strict=True) if before != step
    }
    assert set(changed) == {"models.fw.sft", "evals.suite"}
    yaml = (repo.root / "models/fw/sft.yaml").read_bytes()
    assert changed["models.fw.sft"]["materials"] == {
        "inputs/hyperparameters/sft.yaml": hashlib.sha256(yaml).hexdigest()
    }


@pytest.mark.parametrize(
    ("address", "told"), [("datasets:train", "these are named: none"), ("models/fw:sft", "these are named: none")]
)
def test_what_is_no_release_has_no_graph(repo: Repo, address: str, told: str) -> None:
    done = repo.pants("graph", address)
    assert done.returncode == 1
    assert done.stdout == ""
    assert told in done.stderr and "hint: name the target of a release" in done.stderr
