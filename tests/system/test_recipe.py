"""The committed base model is what its recipe makes.

Tagged `slow`: it pretrains, on one core, for half an hour or more.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from pedigree.step.digests import directory_files

ROOT = Path(__file__).parents[2]
BASE = Path("models/base/firmware-2m")
MADE = Path("dist/artifacts/models/base/firmware-2m/recipe/model")


def test_the_recipe_makes_the_committed_bytes(tmp_path: Path) -> None:
    repo = tmp_path / "repo"
    shutil.copytree(ROOT, repo, symlinks=False, ignore=shutil.ignore_patterns("dist", ".pants.d", ".pids"))
    done = subprocess.run(
        ["./pants", "--no-dynamic-ui", "package", f"{BASE}:recipe"],
        cwd=repo,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    made = directory_files(repo / MADE)
    assert made == {name: digest for name, digest in directory_files(ROOT / BASE).items() if name in made}
    assert "model.safetensors" in made
