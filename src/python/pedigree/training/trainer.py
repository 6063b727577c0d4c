"""What the trainers of TRL share: arguments that hold for every method, progress, and what they leave behind."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from peft import PeftModel
from transformers import PreTrainedModel, PreTrainedTokenizerFast, TrainerCallback, TrainerControl, TrainerState
from transformers.training_args import TrainingArguments

from pedigree.step.canonical import canonical_json
from pedigree.step.context import StepContext
from pedigree.step.errors import ToolError
from pedigree.training.hyperparameters import Schedule, as_document
from pedigree.weights.saving import name_base, require_known_files, save_model
from pedigree.weights.tokenizer import save_tokenizer

_COMMON_ARGUMENTS: Mapping[str, Any] = {
    "bf16": False,
    "fp16": False,
    "gradient_checkpointing": False,
    "report_to": "none",
    "save_strategy": "no",
    "disable_tqdm": True,
    "logging_steps": 10,
    # The filter shows 0 where the loss is no number, and would hide what Progress is there to stop.
    "logging_nan_inf_filter": False,
    "dataloader_num_workers": 0,
    "dataloader_pin_memory": False,
    "optim": "adamw_torch",
    # `foreach` sums gradients in an order that depends on how tensors are grouped.
    "optim_args": "foreach=False",
    "lr_scheduler_type": "cosine",
}


def arguments_of(settings: Schedule, device: torch.device) -> dict[str, Any]:
    """The arguments that a stage's trainer has in common with every other's."""
    return {
        **_COMMON_ARGUMENTS,
        "use_cpu": device.type == "cpu",
        "num_train_epochs": settings.epochs,
        "per_device_train_batch_size": settings.batch_size,
        "learning_rate": settings.learning_rate,
        "warmup_steps": settings.warmup,
        "max_length": settings.context,
    }


class Progress(TrainerCallback):
    """Prints the loss, keeps it for the report, and stops a training that has no loss any more."""

    def __init__(self) -> None:
        self.losses: list[tuple[int, float]] = []
        self.updates = 0

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **others: Any) -> None:
        """Called by the trainer after each update."""
        self.updates = state.global_step

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: Mapping[str, Any] | None = None,
        **others: Any,
    ) -> None:
        """Called by the trainer every `logging_steps`.

        Raises:
            ToolError: The loss is not a number.
        """
        if logs is None or "loss" not in logs:
            return
        loss = float(logs["loss"])
        if not math.isfinite(loss):
            raise ToolError(f"the loss is {loss} at update {state.global_step}", "lower `learning_rate`")
        self.losses.append((state.global_step, loss))
        print(f"update {state.global_step}/{state.max_steps} loss {loss:.4f}", file=sys.stderr, flush=True)


def refuse_overlong(
    conversations: Mapping[str, Sequence[Mapping[str, str]]], tokenizer: PreTrainedTokenizerFast, context: int
) -> None:
    """Refuse examples that would be cut, and lose their answer.

    Args:
        conversations: Id of a record -> its turns.
        tokenizer: With a chat template.
        context: Most tokens of an example.

    Raises:
        ToolError: Names the first example that is too long.
    """
    for name, turns in conversations.items():
        length = len(tokenizer.apply_chat_template([dict(turn) for turn in turns], return_dict=False))
        if length > context:
            raise ToolError(f"record '{name}' has {length} tokens, and the context is {context}", "raise `context`")


@dataclass(frozen=True)
class Trained:
    """How a stage went.

    Attributes:
        settings: Its hyperparameters.
        examples: How many it learned from.
        progress: Updates and losses.
    """

    settings: Schedule
    examples: int
    progress: Progress


def save_result(
    step: StepContext,
    method: str,
    model: torch.nn.Module | None,
    tokenizer: PreTrainedTokenizerFast,
    trained: Trained,
) -> None:
    """Write `model/` (adapter or full weights, with tokenizer) and `training.json`."""
    if not isinstance(model, (PeftModel, PreTrainedModel)):
        raise TypeError(f"the trainer holds a {type(model).__name__}, not a model of transformers or peft")
    directory = step.output("model")
    # DPO keeps the adapter that it started from beside the one that it trains; only the second is the result.
    save_model(model, directory, **({"selected_adapters": ["default"]} if isinstance(model, PeftModel) else {}))
    if isinstance(model, PeftModel):
        name_base(directory, step.input("base"))
    save_tokenizer(tokenizer, directory)
    require_known_files(directory)
    step.output("training.json").write_bytes(
        canonical_json(
            {
                "schema": "pedigree.training/1",
                "method": method,
                "seed": step.config["seed"],
                "hyperparameters": as_document(trained.settings),
                "examples": trained.examples,
                "updates": trained.progress.updates,
                "parameters": sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad),
                "loss": [{"update": update, "value": f"{loss:.4f}"} for update, loss in trained.progress.losses],
            }
        )
    )
