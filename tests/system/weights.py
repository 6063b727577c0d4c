"""A base model of the store, for the smallest training there is."""

from __future__ import annotations

import json
from pathlib import Path

from pedigree.registry.store import Store
from pedigree.registry.weights_manifest import WeightsFile, WeightsManifest, render_weights_manifest
from pedigree.step.digests import sha256_file
from system.conftest import MODELS_BUILD, Repo

BASE_BUILD = MODELS_BUILD.replace(
    'finetune(name="base", method="pretrain", datasets=["datasets:corpus"], hyperparameters="base.yaml", seed=1)',
    'base_model(name="base", weights_manifest="weights.json", license="Apache-2.0", origin="internal")',
)


def safetensors(labels: list[str], filler: int) -> bytes:
    """True safetensors with these labels as bytes, and a tensor of `filler` zero bytes."""
    data = json.dumps(labels).encode()
    header = {
        "labels": {"dtype": "U8", "shape": [len(data)], "data_offsets": [0, len(data)]},
        "filler": {"dtype": "U8", "shape": [filler], "data_offsets": [len(data), len(data) + filler]},
    }
    raw = json.dumps(header).encode()
    return len(raw).to_bytes(8, "little") + raw + data + bytes(filler)


def put(store: Store, name: str, content: bytes) -> WeightsFile:
    """Lay a file into a store, as a fetch would."""
    unnamed = store.root / "unnamed"
    unnamed.parent.mkdir(parents=True, exist_ok=True)
    unnamed.write_bytes(content)
    file = WeightsFile(name, len(content), sha256_file(unnamed), (f"file:{name}",))
    store.object(file.sha256).parent.mkdir(parents=True, exist_ok=True)
    unnamed.rename(store.object(file.sha256))
    return file


def name_base(repo: Repo, store: Path, labels: list[str], filler: int) -> Path:
    """Declare a base of the store in a repository; where its weights lie."""
    shelf = Store(store)
    files = (put(shelf, "config.json", b"{}"), put(shelf, "model.safetensors", safetensors(labels, filler)))
    repo.write("models/fw/weights.json", render_weights_manifest(WeightsManifest(files)).decode())
    repo.write("models/fw/BUILD", BASE_BUILD)
    return shelf.object(files[1].sha256)
