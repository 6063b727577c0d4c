"""Supervised fine-tuning on messages: the model learns the assistant's words alone."""

from __future__ import annotations

from dataclasses import dataclass

from datasets import Dataset
from trl import SFTConfig, SFTTrainer

from pedigree.step.context import StepContext
from pedigree.step.run import run_tool
from pedigree.training.hyperparameters import Schedule, load_hyperparameters
from pedigree.training.lora import LoraSettings, lora_config
from pedigree.training.records import read_records
from pedigree.training.trainer import Progress, Trained, arguments_of, refuse_overlong, save_result
from pedigree.weights.determinism import make_deterministic
from pedigree.weights.device import device_of
from pedigree.weights.loading import load_adapted, load_base, load_tokenizer


@dataclass(frozen=True)
class SftHyperparameters(Schedule):
    """Settings of a supervised stage, beside its schedule.

    Attributes:
        lora_rank: Rank of the adapter; used with `weights="lora"`.
        lora_alpha: The adapter's update is scaled by alpha / rank.
        lora_targets: Modules that get an adapter.
    """

    lora_rank: int = 16
    lora_alpha: int = 32
    lora_targets: tuple[str, ...] = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


def main(step: StepContext) -> None:
    """Read `base`, perhaps `adapter`, and `datasets` (form `messages`); write `model/` and `training.json`."""
    settings = load_hyperparameters(step.input_file("hyperparameters"), SftHyperparameters)
    device = device_of(step)
    make_deterministic(step.config["seed"], device)
    records = read_records(step, "messages")
    rows = [{"messages": record["messages"]} for record in records]
    tokenizer = load_tokenizer(step.input("base"))
    refuse_overlong({record["id"]: record["messages"] for record in records}, tokenizer, settings.context)
    progress = Progress()
    fresh = step.config["weights"] == "lora" and not step.has_input("adapter")
    trainer = SFTTrainer(
        model=_starting_point(step),
        args=SFTConfig(
            output_dir=str(step.root / "scratch"),
            assistant_only_loss=True,
            train_sampling_strategy="group_by_length",
            seed=step.config["seed"],
            **arguments_of(settings, device),
        ),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
        peft_config=lora_config(_lora(settings)) if fresh else None,
        callbacks=[progress],
    )
    trainer.train()
    save_result(step, "sft", trainer.model, tokenizer, Trained(settings, len(rows), progress))


def _starting_point(step: StepContext):  # type: ignore[no-untyped-def]
    if step.has_input("adapter"):
        return load_adapted(step.input("base"), step.input("adapter"), trainable=True)
    return load_base(step.input("base"))


def _lora(settings: SftHyperparameters) -> LoraSettings:
    return LoraSettings(settings.lora_rank, settings.lora_alpha, settings.lora_targets)


if __name__ == "__main__":
    run_tool(main)
