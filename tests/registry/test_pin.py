"""Base models are the approved bytes, and nothing that runs code."""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from pedigree.registry.pin import main
from pedigree.registry.safetensors import MalformedWeights, Tensor, read_tensors
from pedigree.registry.store import Store
from pedigree.registry.weights_manifest import WeightsManifest, render_weights_manifest
from pedigree.step.context import StepContext
from pedigree.step.errors import ToolError
from registry.small import put


def weights(header: Any, data: bytes) -> bytes:
    """A safetensors file."""
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(raw)) + raw + data


def tensors(path: Path) -> list[Tensor]:
    """The tensors of a file."""
    with path.open("rb") as stream:
        return read_tensors(stream, path.stat().st_size)


def tensor(start: int, stop: int, shape: tuple[int, ...] = (1,), dtype: str = "F32") -> dict[str, Any]:
    """An entry of a header."""
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [start, stop]}


GOOD = weights({"__metadata__": {"format": "pt"}, "a": tensor(0, 4), "b": tensor(4, 12, (2,))}, bytes(12))


def pin(
    root: Path, files: dict[str, bytes], trained_on: Sequence[str] = (), changed: Mapping[str, str] | None = None
) -> Path:
    """Run the tool on these files; `changed` are digests that do not fit."""
    (root / "inputs/files").mkdir(parents=True)
    (root / "outputs").mkdir()
    for name, content in files.items():
        (root / "inputs/files" / name).write_bytes(content)
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    config = {"digests": digests | dict(changed or {}), "license": "Apache-2.0", "origin": "internal"}
    config["trained_on"] = list(trained_on)
    main(StepContext("models/base:tiny", config, root))
    return root / "outputs"


def test_a_model_remembers_what_it_was_trained_on(tmp_path: Path) -> None:
    manifest = {"schema": "pedigree.manifest/1", "uid": "sha256:c", "count": 2, "license": "Apache-2.0",
                "origin": "synthetic-verified", "form": "text", "templates": {"b": 1, "a": 1}}  # fmt: skip
    files = {"model.safetensors": GOOD, "corpus.json": json.dumps(manifest).encode()}
    outputs = pin(tmp_path / "good", files, ("corpus.json",))
    assert [path.name for path in (outputs / "model").iterdir()] == ["model.safetensors"]
    (known,) = json.loads((outputs / "manifest.json").read_bytes())["trained_on"]
    assert known == {"name": "corpus", "uid": "sha256:c", "count": 2, "license": "Apache-2.0",
                     "origin": "synthetic-verified", "templates": ["a", "b"]}  # fmt: skip
    with pytest.raises(ToolError, match="'corpus.json' is not the manifest of a dataset"):
        pin(tmp_path / "bad", {**files, "corpus.json": b"{}"}, ("corpus.json",))


def test_the_files_become_the_model(tmp_path: Path) -> None:
    files = {"model.safetensors": GOOD, "config.json": b"{}", "chat_template.jinja": b"x"}
    outputs = pin(tmp_path, files)
    assert {path.name: path.read_bytes() for path in (outputs / "model").iterdir()} == files
    assert set(json.loads((outputs / "manifest.json").read_bytes())["files"]) == set(files)


def test_other_bytes_than_the_approved_ones_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=f"config.json: sha256 is .*, but {'0' * 64} is pinned"):
        pin(tmp_path, {"model.safetensors": GOOD, "config.json": b"{}"}, changed={"config.json": "0" * 64})


@pytest.mark.parametrize("name", ["model.bin", "model.pt", "x.pkl", "modeling.py", "x.safetensors.zip", "noname"])
def test_what_can_run_code_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ToolError, match="can run code"):
        pin(tmp_path, {"model.safetensors": GOOD, name: b"x"})


def test_auto_map_is_refused_at_any_depth(tmp_path: Path) -> None:
    config = json.dumps({"text_config": [{"auto_map": {"AutoModel": "m.M"}}]}).encode()
    with pytest.raises(ToolError, match="config.json .*: has 'auto_map'"):
        pin(tmp_path, {"model.safetensors": GOOD, "config.json": config})


def test_a_model_has_weights(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="there are no weights"):
        pin(tmp_path, {"config.json": b"{}"})


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not the length of a header"),
        (b"\x80\x04}q\x00.", "not the length of a header"),
        (struct.pack("<Q", 2**40) + b"{}", "not the length of a header"),
        (weights(b" {}", b""), "does not start with a brace"),
        (weights(b'{"a":1,"a":2}', b""), "duplicate key"),
        (weights({"__metadata__": {"a": 1}}, b""), "metadata"),
        (weights({"a": tensor(0, 4), "b": tensor(2, 6)}, bytes(6)), "overlaps"),
        (weights({"a": tensor(0, 4), "b": tensor(8, 12)}, bytes(12)), "4 bytes before tensor 'b' belong to no tensor"),
        (weights({"a": tensor(0, 4)}, bytes(6)), "2 bytes at its end belong to no tensor"),
        (weights({"a": tensor(0, 4)}, bytes(3)), "1 bytes are missing"),
        (weights({"a": tensor(0, 8)}, bytes(8)), "its shape needs 4"),
        (weights({"a": tensor(0, 4, dtype="F33")}, bytes(4)), "unknown type"),
        (weights({"a": {**tensor(0, 4), "run": "x"}}, bytes(4)), "not just dtype"),
        (weights({"a": tensor(0, 4, (-1, -1))}, bytes(4)), "not natural numbers"),
    ],
)
def test_weights_that_two_readers_could_understand_differently(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "x.safetensors").write_bytes(content)
    with pytest.raises(MalformedWeights, match=words):
        tensors(tmp_path / "x.safetensors")


def test_what_the_library_writes_is_accepted(tmp_path: Path) -> None:
    numpy = pytest.importorskip("numpy")
    library = pytest.importorskip("safetensors.numpy")
    written = {"w": numpy.zeros((3, 2), "float32"), "b": numpy.zeros((5,), "int8"), "e": numpy.zeros((0,), "float32")}
    library.save_file(written, tmp_path / "x.safetensors", metadata={"format": "pt"})
    assert {tensor.name for tensor in tensors(tmp_path / "x.safetensors")} == set(written)


def pin_stored(
    root: Path, monkeypatch: pytest.MonkeyPatch, files: Mapping[str, bytes], announced: Mapping[str, str] | None = None
) -> Path:
    """Run the tool on a manifest of files that lie in a store; its target announces them, or other ones."""
    store = Store(root / "store")
    manifest = WeightsManifest(tuple(put(store, name, content) for name, content in sorted(files.items())))
    (root / "inputs/weights").mkdir(parents=True)
    (root / "outputs").mkdir()
    (root / "inputs/weights/w.json").write_bytes(render_weights_manifest(manifest))
    monkeypatch.setenv("PEDIGREE_MODELS", str(store.root))
    named = {file.name: file.sha256 for file in manifest.files} if announced is None else announced
    config = {"digests": {}, "weights": named, "trained_on": [], "license": "Apache-2.0", "origin": "internal"}
    main(StepContext("models/base:large", config, root))
    return root / "outputs"


def test_what_a_manifest_names_is_looked_at_and_stays_in_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs = pin_stored(tmp_path, monkeypatch, {"config.json": b"{}", "model.safetensors": GOOD})
    assert sorted(path.name for path in outputs.iterdir()) == ["manifest.json", "weights.json"]
    assert (outputs / "weights.json").read_bytes() == (tmp_path / "inputs/weights/w.json").read_bytes()
    files = json.loads((outputs / "manifest.json").read_bytes())["files"]
    assert files["model.safetensors"] == hashlib.sha256(GOOD).hexdigest()


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        ({"model.safetensors": GOOD[:-1]}, "model.safetensors: 1 bytes are missing"),
        ({"model.safetensors": GOOD, "config.json": b'{"auto_map": {}}'}, "config.json .*: has 'auto_map'"),
        ({"config.json": b"{}"}, "there are no weights"),
    ],
)
def test_what_a_manifest_names_is_refused_like_any_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: Mapping[str, bytes], fault: str
) -> None:
    with pytest.raises(ToolError, match=fault):
        pin_stored(tmp_path, monkeypatch, files)


def test_what_a_manifest_names_is_what_the_target_announces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    announced = {"config.json": hashlib.sha256(b"{}").hexdigest(), "model.safetensors": "0" * 64}
    with pytest.raises(ToolError, match="model.safetensors: sha256 is .*, but 0000"):
        pin_stored(tmp_path, monkeypatch, {"config.json": b"{}", "model.safetensors": GOOD}, announced)
