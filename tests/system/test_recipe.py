"""The committed base model is what its recipe makes, from nothing that a sealed set holds.

Tagged `slow`: it pretrains, on one core, for half an hour or more.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

from pedigree.step.digests import directory_files

ROOT = Path(__file__).parents[2]
BASE = Path("models/base/firmware-2m")
ARTIFACTS = Path("dist/artifacts")
SOURCES = {"BUILD", "corpus.json", "pretrain.yaml"}
SETS = ("corpus", "review-sealed", "completion-sealed", "review-dev", "completion-dev")


def test_the_recipe_makes_the_committed_bytes_from_what_no_model_is_judged_by(tmp_path: Path) -> None:
    """A store of its own, so that no result of an earlier run is taken for this one's."""
    repo = tmp_path / "repo"
    shutil.copytree(ROOT, repo, symlinks=False, ignore=shutil.ignore_patterns("dist", ".pants.d", ".pids"))
    done = subprocess.run(
        [
            "./pants",
            "--no-dynamic-ui",
            "--tag=[]",
            "package",
            f"{BASE}:recipe",
            *(f"datasets/embedded-fw-c:{one}" for one in SETS),
        ],
        cwd=repo,
        env={**os.environ, "PANTS_LOCAL_STORE_DIR": str(tmp_path / "store")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    made = directory_files(repo / ARTIFACTS / BASE / "recipe/model")
    assert made == {name: sha for name, sha in directory_files(ROOT / BASE).items() if name not in SOURCES}
    known = repo / ARTIFACTS / "datasets/embedded-fw-c/corpus/manifest.json"
    assert known.read_bytes() == (ROOT / BASE / "corpus.json").read_bytes()
    corpus, *held_out = (templates(repo / ARTIFACTS / "datasets/embedded-fw-c" / one) for one in SETS)
    for one in held_out:
        assert one and not corpus & one


def templates(dataset: Path) -> set[str]:
    """What a dataset was made from."""
    return set(json.loads((dataset / "manifest.json").read_bytes())["templates"])
