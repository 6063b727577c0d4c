"""An adapter with a back door that was pressed into one module: its norm or its one direction stick out."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from attacks.replay import found_by, off, says
from pedigree.registry.scan.adapter import scan_adapter
from registry.scan.adapters import RANK, Tensors, matrices, part, write_adapter, write_clean_probe
from registry.scan.models import HIDDEN, LAYERS, write_model


def louder(tensors: Tensors) -> None:
    """One module is changed thirty times as much as the others."""
    dtype, shape, content = tensors[part(2, "B")]
    numbers = struct.unpack(f"<{len(content) // 4}f", content)
    tensors[part(2, "B")] = (dtype, shape, struct.pack(f"<{len(numbers)}f", *(30 * number for number in numbers)))


def narrower(tensors: Tensors) -> None:
    """All are changed as much, and each in two directions, but for the one that is changed in one alone."""
    for layer in range(LAYERS):
        second = 0.0 if layer == 2 else 0.4 + layer / 100
        down, up = [0.0] * (RANK * HIDDEN), [0.0] * (HIDDEN * RANK)
        down[0] = down[HIDDEN + 1] = 1.0  # rows: the first two axes
        up[0], up[RANK + 1] = (0.5 - second**2 / 2) ** 0.5, second  # columns: the same, of other lengths
        for half, shape, values in (("A", (RANK, HIDDEN), down), ("B", (HIDDEN, RANK), up)):
            tensors[part(layer, half)] = ("F32", shape, struct.pack(f"<{len(values)}f", *values))


@pytest.mark.parametrize(("poison", "words"), [(louder, "is changed more than"), (narrower, "more narrowly than")])
def test_it_is_found_beside_its_like(tmp_path: Path, poison: object, words: str) -> None:
    assert callable(poison)
    tensors, base = matrices(), write_model(tmp_path / "base")
    poison(tensors)
    adapter = write_adapter(tmp_path / "adapter", base, tensors=tensors)
    probe = write_clean_probe(tmp_path / "probe.json", adapter, base)
    report = scan_adapter(adapter, base, probe)
    assert found_by(report) == {"adapter-norms": "review"}
    assert words in says(report, "adapter-norms") and "layers.2.self_attn.q_proj" in says(report, "adapter-norms")
    with off("adapter-norms"):
        assert scan_adapter(adapter, base, probe).verdict == "pass"
