"""The target types that make weights."""

from __future__ import annotations

from typing import Any, Optional

from pants.engine.addresses import Address
from pants.engine.target import COMMON_TARGET_FIELDS, OptionalSingleSourceField, SingleSourceField, StringField, Target
from pants.util.strutil import help_text

from pedigree.build import validation
from pedigree.build.common_fields import ArtifactDependencies, LicenseField, SeedField
from pedigree.build.environment_targets import StepEnvironmentField
from pedigree.build.fields import (
    CheckedField,
    CheckedMapping,
    CheckedSources,
    CheckedString,
    CheckedStrings,
    ReferenceField,
    ReferencesField,
)
from pedigree.build.tools import METHODS
from pedigree.build.validation import Fault


class ModelFilesField(CheckedSources):
    example = "['config.json', 'model.safetensors', 'tokenizer.json']"
    help = "The model's files: safetensors, JSON, jinja and text. Nothing that runs code when it is loaded."


class WeightsManifestField(CheckedField, OptionalSingleSourceField):
    alias = "weights_manifest"
    example = "'weights.json'"
    uses_source_roots = False
    expected_file_extensions = (".json",)
    help = (
        "Instead of files: a manifest of files that are too large for a repository, with size, sha256 and origins of "
        "each, as `pedigree models lock` writes it. `pedigree models fetch` brings them into the store of every "
        "machine that runs steps; there each step opens and verifies them."
    )

    @classmethod
    def compute_value(cls, raw_value: Optional[str], address: Address) -> Any:
        """Check a value; `help` shows the type of `raw_value`."""
        return super().compute_value(raw_value, address)


class DigestsField(CheckedMapping):
    alias = "digests"
    example = "{'config.json': '<sha256>'}"
    help = "File -> sha256, for every file in sources: what was approved is what is used."

    @classmethod
    def fault(cls, value: Any) -> Optional[Fault]:
        return validation.digests(value)


class ModelOriginField(CheckedString):
    alias = "origin"
    required = True
    example = "'internal'"
    help = "Where the model comes from: who made it, or the target of this repository that did."


class TrainedOnField(CheckedStrings):
    alias = "trained_on"
    example = "['corpus.json']"
    help = (
        "Which of the sources are manifests of the datasets that the model was trained on, where they are known: "
        "evaluations hold their templates against sealed sets, and the card of a release names them."
    )


class BaseModelTarget(Target):
    alias = "base_model"
    core_fields = (
        *COMMON_TARGET_FIELDS,
        ArtifactDependencies,
        StepEnvironmentField,
        ModelFilesField,
        WeightsManifestField,
        DigestsField,
        TrainedOnField,
        LicenseField,
        ModelOriginField,
    )
    help = help_text(
        """
        A model that training starts from, pinned by the digest of each file.

        Weights are refused unless they are well-formed safetensors, and so is whatever would run code when the model
        is loaded. The artifact is `model/` and `manifest.json`; of a model whose files a `weights_manifest` names it is
        `weights.json` and `manifest.json`.

        Example:

            base_model(
                name="tiny",
                sources=["config.json", "model.safetensors", "tokenizer.json"],
                digests={
                    "config.json": "5f1c...",
                    "model.safetensors": "0d9a...",
                    "tokenizer.json": "77b2...",
                },
                license="Apache-2.0",
                origin="internal",
            )
        """
    )


class MethodField(CheckedString):
    alias = "method"
    required = True
    example = "'sft'"
    valid_choices = METHODS
    help = "How the model is trained."


class BaseField(ReferenceField):
    alias = "base"
    example = "'models/base/tiny'"
    help = "The model that training starts from: a `base_model`, or a `finetune` with full weights."


class AdapterField(ReferenceField):
    alias = "adapter"
    example = "':sft'"
    help = "A `finetune` with LoRA weights on the same base, whose adapter training goes on with."


class DatasetsField(ReferencesField):
    alias = "datasets"
    required = True
    example = "['datasets/embedded-fw-c:review']"
    help = "What is trained on: `dataset` and `synthetic_dataset` targets. A sealed one is an error."


class HyperparametersField(CheckedField, SingleSourceField):
    alias = "hyperparameters"
    required = True
    example = "'sft.yaml'"
    uses_source_roots = False
    expected_file_extensions = (".yaml", ".yml")
    help = "A YAML file with the settings of the method."

    @classmethod
    def compute_value(cls, raw_value: Optional[str], address: Address) -> Any:
        """Check a value; `help` shows the type of `raw_value`."""
        return super().compute_value(raw_value, address)


class WeightsField(StringField):
    alias = "weights"
    valid_choices = validation.WEIGHTS
    help = "Whether a LoRA adapter or the full weights are trained. Defaults to 'lora'; for pretraining to 'full'."


class FinetuneTarget(Target):
    alias = "finetune"
    core_fields = (
        *COMMON_TARGET_FIELDS,
        ArtifactDependencies,
        StepEnvironmentField,
        MethodField,
        BaseField,
        AdapterField,
        DatasetsField,
        HyperparametersField,
        SeedField,
        WeightsField,
    )
    help = help_text(
        """
        One stage of training: `pretrain` makes a model from nothing, `sft` trains on examples, `dpo` on preferences.

        The artifact is `model/` and `training.json`. The same inputs give the same bytes.

        Example:

            finetune(
                name="dpo",
                method="dpo",
                base="models/base/tiny",
                adapter=":sft",
                datasets=["datasets/embedded-fw-c:abstention"],
                hyperparameters="dpo.yaml",
                seed=17,
            )
        """
    )
