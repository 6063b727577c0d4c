"""The files that a model is delivered in. Both sides of the build know them: caches keep what is named, and no more."""

from __future__ import annotations

from collections.abc import Mapping

from pedigree.step.digests import tree_digest

MODEL = "model"
WEIGHTS_MANIFEST = "weights.json"
"""Names the files of a model that is too large for an artifact; then there is no `model/`."""

WEIGHTS = {
    "full": ("config.json", "model.safetensors"),
    "lora": ("adapter_config.json", "adapter_model.safetensors"),
}
"""What is trained -> the files that hold it."""

COMPANIONS = (
    "added_tokens.json",
    "chat_template.jinja",
    "generation_config.json",
    "merges.txt",
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.json",
)
"""Files that a model may have beside its weights."""


def weight_files(weights: str) -> tuple[str, ...]:
    """Paths in an artifact of the files that hold the weights.

    >>> weight_files("lora")
    ('model/adapter_config.json', 'model/adapter_model.safetensors')
    """
    return tuple(f"{MODEL}/{name}" for name in WEIGHTS[weights])


def companion_files() -> tuple[str, ...]:
    """Paths in an artifact of the files that may lie beside the weights."""
    return tuple(f"{MODEL}/{name}" for name in COMPANIONS)


def base_digest(files: Mapping[str, str]) -> str:
    """What an adapter calls the model that it belongs on: `sha256:` and a digest of its weights and their shape.

    A name would mean other weights tomorrow. What lies beside them (cards, tokenizers) may change without them.

    Args:
        files: Path in the model's directory -> sha256 of the content.
    """
    weights = {name: sha256 for name, sha256 in files.items() if name == "config.json" or name.endswith(".safetensors")}
    return f"sha256:{tree_digest(weights)}"
