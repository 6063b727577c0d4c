"""A base model by manifest: the engine carries the manifest alone, and steps load what they verified."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from system.conftest import Repo, lay_out, stop_daemon
from system.weights import name_base

MEGABYTE = 1_000_000


def size_of(directory: Path) -> int:
    """Bytes that the files below a directory take on the disk."""
    return sum(path.stat().st_blocks * 512 for path in directory.rglob("*") if path.is_file())


@pytest.fixture
def repo(tmp_path: Path) -> Iterator[Repo]:
    """A repository whose daemon has stores of its own."""
    apart = lay_out(tmp_path / "repo", ("build", "step", "data"))
    yield apart
    stop_daemon(apart.root)


def test_the_engine_carries_the_manifest_and_the_store_is_held_against_it(repo: Repo, tmp_path: Path) -> None:
    apart = [f"--local-store-dir={tmp_path}/store", f"--named-caches-dir={tmp_path}/caches"]
    models = tmp_path / "caches/pedigree_models"
    unbuilt = repo.pants(*apart, "package", "datasets:train", "datasets:sealed")
    assert unbuilt.returncode == 0, unbuilt.stderr
    weights = name_base(repo, models, ["15.6", "OK"], 64 * MEGABYTE)

    before = size_of(tmp_path / "store")
    pinned = repo.pants(*apart, "package", "models/fw:base")
    assert pinned.returncode == 0, pinned.stderr
    assert size_of(tmp_path / "store") - before < MEGABYTE
    artifact = repo.files("dist/artifacts/models/fw/base")
    assert set(artifact) == {"manifest.json", "weights.json"}

    released = repo.pants(*apart, "package", "models/fw:fw")
    assert released.returncode == 0, released.stderr
    assert b"15.6" in repo.files("dist/models/fw")["model/adapter_model.safetensors"]

    weights.chmod(0o644)
    with weights.open("r+b") as stream:
        stream.seek(-1, 2)
        stream.write(b"\1")
    repo.write("models/fw/sft.yaml", "rate: '3'\n")
    rotten = repo.pants(*apart, "package", "models/fw:sft")
    assert rotten.returncode != 0
    assert "target 'models/fw:sft': weights 'model.safetensors' have the sha256" in rotten.stderr
    assert "hint: run: pedigree models verify" in rotten.stderr and "Traceback" not in rotten.stderr

    weights.unlink()
    missing = repo.pants(*apart, "package", "models/fw:sft")
    assert missing.returncode != 0
    assert "weights 'model.safetensors' are not in the store" in missing.stderr
    assert "pedigree models fetch MANIFEST" in missing.stderr
