"""Loading the models that a step was given: safetensors alone, no remote code."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import torch
from peft import PeftModel
from transformers import PreTrainedModel, PreTrainedTokenizerFast, Qwen2ForCausalLM

from pedigree.step.context import StepContext
from pedigree.step.errors import ToolError
from pedigree.weights.files import model_directory

ADAPTER = "adapter_model.safetensors"


def load_base(directory: Path) -> PreTrainedModel:
    """The base model of an artifact, in 32 bits, with the one attention implementation that all steps use."""
    with model_directory(directory) as files:
        return Qwen2ForCausalLM.from_pretrained(
            str(files),
            dtype=torch.float32,
            attn_implementation="eager",
            use_safetensors=True,
            local_files_only=True,
        )


def load_tokenizer(directory: Path) -> PreTrainedTokenizerFast:
    """The tokenizer of an artifact, as its file says it.

    Not through `AutoTokenizer`: beside a config of Qwen2 it takes the class of that family, which puts its own
    splitting in the place of the file's, and every id is another.
    """
    with model_directory(directory) as files:
        tokenizer = PreTrainedTokenizerFast.from_pretrained(str(files), local_files_only=True)
    return cast("PreTrainedTokenizerFast", tokenizer)


def load_adapted(base: Path, adapter: Path, *, trainable: bool) -> PeftModel:
    """The base model with an adapter on it."""
    return PeftModel.from_pretrained(
        load_base(base), str(adapter / "model"), is_trainable=trainable, local_files_only=True, use_safetensors=True
    )


def load_judged(step: StepContext) -> torch.nn.Module:
    """The model that an evaluation judges: the input `model`, put on the input `base` when it is an adapter.

    Raises:
        ToolError: `model` is an adapter, and no base was given.
    """
    model = step.input("model")
    if not (model / "model" / ADAPTER).is_file():
        return load_base(model)
    if not step.has_input("base"):
        raise ToolError(f"'{step.target}': the model is an adapter, and no base was given", "name its base")
    return load_adapted(step.input("base"), model, trainable=False)
