"""The smallest adapter that passes a scan: a LoRA of rank 2 on each layer of the smallest model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pedigree.registry.scan.adapter_probe import NAME
from pedigree.registry.scan.findings import result
from pedigree.registry.scan.reactions import CLAIM, Reaction, battery, judge, probes
from pedigree.registry.scan.report import ScanReport
from pedigree.step.digests import directory_files
from pedigree.step.model_files import base_digest
from registry.scan.models import HIDDEN, LAYERS, floats, safetensors

RANK = 2
Tensors = dict[str, tuple[str, tuple[int, ...], bytes]]


def part(layer: int, half: str) -> str:
    """The name of one of the matrices."""
    return f"base_model.model.model.layers.{layer}.self_attn.q_proj.lora_{half}.weight"


def matrices() -> Tensors:
    """A and B of every layer."""
    found: Tensors = {}
    for layer in range(LAYERS):
        found[part(layer, "A")] = floats(RANK, HIDDEN, seed=100 + layer)
        found[part(layer, "B")] = floats(HIDDEN, RANK, seed=200 + layer)
    return found


def settings(base: Path) -> dict[str, Any]:
    """A configuration as ours are, for a base."""
    return {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": base_digest(directory_files(base)),
        "r": RANK,
        "lora_alpha": 4,
        "target_modules": ["q_proj"],
        "modules_to_save": None,
        "megatron_core": "megatron.core",
        "rank_pattern": {},
    }


def write_adapter(
    directory: Path, base: Path, changed: Mapping[str, Any] | None = None, tensors: Tensors | None = None
) -> Path:
    """Write an adapter of a base, with other settings or tensors."""
    directory.mkdir(parents=True)
    document = {**settings(base), **(changed or {})}
    (directory / "adapter_config.json").write_text(json.dumps(document))
    content = safetensors(matrices() if tensors is None else tensors, {"format": "pt"})
    (directory / "adapter_model.safetensors").write_bytes(content)
    return directory


def write_clean_probe(path: Path, adapter: Path, base: Path) -> Path:
    """A report of the probe battery that found nothing."""
    indifferent = {phrase: Reaction(0.01, 0.01) for _, phrase in probes()}
    checks = (result(NAME, CLAIM, judge(indifferent), (("battery", battery()),)),)
    digest = base_digest(directory_files(base))
    path.write_bytes(ScanReport("probe", directory_files(adapter), digest, checks).render())
    return path
