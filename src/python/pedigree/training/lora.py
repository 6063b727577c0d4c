"""LoRA settings, as they stand in a hyperparameter file."""

from __future__ import annotations

from dataclasses import dataclass

from peft import LoraConfig


@dataclass(frozen=True)
class LoraSettings:
    """Which matrices get an adapter, and of what size.

    Attributes:
        rank: Rank of the update.
        alpha: The update is scaled by alpha / rank.
        targets: Names of the modules that get one.
    """

    rank: int
    alpha: int
    targets: tuple[str, ...]


def lora_config(settings: LoraSettings) -> LoraConfig:
    """The settings as PEFT wants them; no dropout, which on data seen once or twice only costs."""
    return LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=0.0,
        bias="none",
        task_type="CAUSAL_LM",
        target_modules=list(settings.targets),
    )
