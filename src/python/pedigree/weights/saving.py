"""Writing weights so that the same weights are the same bytes, and so that nothing but weights is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from transformers import PreTrainedModel

from pedigree.step.digests import directory_files
from pedigree.step.errors import ToolError
from pedigree.step.model_files import COMPANIONS, WEIGHTS, base_digest
from pedigree.weights.files import model_directory

# What the libraries put into a config that says where and with what it was written, not what the model is.
_INCIDENTAL = (
    "_name_or_path",
    "transformers_version",
    "base_model_name_or_path",
    "revision",
    "peft_version",
    "auto_mapping",
)


def require_finite(model: torch.nn.Module) -> None:
    """Refuse weights that hold a NaN or an infinity; the loss of the last update does not show what it did to them.

    Raises:
        ToolError: Names the first such tensor.
    """
    for name, parameter in model.named_parameters():
        if not torch.isfinite(parameter).all():
            raise ToolError(f"the weights '{name}' are not finite after training", "lower `learning_rate`")


def save_model(model: PreTrainedModel | PeftModel, directory: Path, **options: Any) -> None:
    """Save a model or an adapter as safetensors, and make its JSON files canonical.

    Raises:
        ToolError: As `require_finite`.
    """
    require_finite(model)
    model.save_pretrained(str(directory), safe_serialization=True, **options)
    canonicalise_directory(directory)


def require_known_files(directory: Path) -> None:
    """Refuse a model directory with a file that the build would not keep.

    Raises:
        ToolError: Names the files.
    """
    known = {*COMPANIONS, *(name for names in WEIGHTS.values() for name in names)}
    unknown = sorted(path.name for path in directory.iterdir() if path.name not in known)
    if unknown:
        hint = "add them to pedigree/step/model_files.py, or do not write them"
        raise ToolError(f"the model has files that a release does not know: {', '.join(unknown)}", hint)


def canonicalise_directory(directory: Path) -> None:
    """Sort keys and sets in the JSON configs of a model directory, and drop what does not belong there."""
    for name in ("README.md", "training_args.bin"):
        (directory / name).unlink(missing_ok=True)
    for name in ("config.json", "generation_config.json", "adapter_config.json"):
        path = directory / name
        if path.exists():
            document = _canonical(json.loads(path.read_text(encoding="utf-8")))
            path.write_text(json.dumps(document, sort_keys=True, indent=2) + "\n", encoding="utf-8")


def _canonical(document: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in document.items() if key not in _INCIDENTAL}
    if isinstance(kept.get("target_modules"), list):
        kept["target_modules"] = sorted(kept["target_modules"])
    if "peft_type" in kept:
        kept["base_model_name_or_path"] = None
    return kept


def name_base(directory: Path, base: Path) -> None:
    """Write into the configuration of an adapter which weights it was trained on, by their digest.

    Args:
        directory: Of the adapter.
        base: The artifact of the model.
    """
    path = directory / "adapter_config.json"
    with model_directory(base) as files:
        digest = base_digest(directory_files(files))
    document = {**json.loads(path.read_text(encoding="utf-8")), "base_model_name_or_path": digest}
    path.write_text(json.dumps(document, sort_keys=True, indent=2) + "\n", encoding="utf-8")
