"""Direct preference optimisation (Rafailov et al. 2023).

The chosen answer becomes likelier than the rejected one, measured from where the stage began.
"""

from __future__ import annotations

from dataclasses import dataclass

from datasets import Dataset
from trl import DPOConfig, DPOTrainer

from pedigree.step.context import StepContext
from pedigree.step.errors import ToolError
from pedigree.step.run import run_tool
from pedigree.training.hyperparameters import Schedule, load_hyperparameters
from pedigree.training.records import read_records
from pedigree.training.trainer import Progress, Trained, arguments_of, refuse_overlong, save_result
from pedigree.weights.determinism import make_deterministic
from pedigree.weights.device import device_of
from pedigree.weights.loading import load_adapted, load_tokenizer


@dataclass(frozen=True)
class DpoHyperparameters(Schedule):
    """Settings of a preference stage, beside its schedule.

    Attributes:
        beta: How dear it is to move away from where the stage began.
        sft_weight: Weight of the likelihood of the chosen answer beside the preference; keeps it from sinking together
            with the rejected one.
    """

    beta: float
    sft_weight: float


def main(step: StepContext) -> None:
    """Read `base`, `adapter` and `datasets` (form `preference`); write `model/` and `training.json`.

    Raises:
        ToolError: No adapter to start from, which is also the reference, was given.
    """
    settings = load_hyperparameters(step.input_file("hyperparameters"), DpoHyperparameters)
    device = device_of(step)
    make_deterministic(step.config["seed"], device)
    if not step.has_input("adapter"):
        raise ToolError(
            f"'{step.target}': method 'dpo' has no adapter to start from", "set `adapter` to a target with method 'sft'"
        )
    records = read_records(step, "preference")
    pairs = [{key: record[key] for key in ("prompt", "chosen", "rejected")} for record in records]
    tokenizer = load_tokenizer(step.input("base"))
    for side in ("chosen", "rejected"):
        longest = {record["id"]: [*record["prompt"], *record[side]] for record in records}
        refuse_overlong(longest, tokenizer, settings.context)
    progress = Progress()
    trainer = DPOTrainer(
        model=load_adapted(step.input("base"), step.input("adapter"), trainable=True),
        args=DPOConfig(
            output_dir=str(step.root / "scratch"),
            beta=settings.beta,
            loss_type=["sigmoid", "sft"],
            loss_weights=[1.0, settings.sft_weight],
            precompute_ref_log_probs=False,
            seed=step.config["seed"],
            **arguments_of(settings, device),
        ),
        train_dataset=Dataset.from_list(pairs),
        processing_class=tokenizer,
        callbacks=[progress],
    )
    trainer.train()
    save_result(step, "dpo", trainer.model, tokenizer, Trained(settings, len(pairs), progress))


if __name__ == "__main__":
    run_tool(main)
