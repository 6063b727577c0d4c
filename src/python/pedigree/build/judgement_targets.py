"""The target types that judge and deliver."""

from __future__ import annotations

from typing import Any, Optional

from pants.engine.addresses import Address
from pants.engine.target import COMMON_TARGET_FIELDS, SingleSourceField, StringField, Target
from pants.util.strutil import help_text

from pedigree.build import validation
from pedigree.build.common_fields import ArtifactDependencies, StepDependencies
from pedigree.build.environment_targets import StepEnvironmentField
from pedigree.build.fields import (
    CheckedField,
    CheckedMapping,
    CheckedString,
    CheckedStringLists,
    CheckedStrings,
    LabelledReferencesField,
    ReferenceField,
    ReferencesField,
)
from pedigree.build.validation import Fault


class SetsField(ReferencesField):
    alias = "sets"
    required = True
    example = "['datasets/embedded-fw-c:review-sealed']"
    help = "What is measured on: sealed datasets."


class MetricsField(CheckedStrings):
    alias = "metrics"
    required = True
    example = "['review_coverage']"
    help = "What is measured."

    @classmethod
    def fault(cls, value: Any) -> Optional[Fault]:
        return validation.metrics(value)


class GatesField(CheckedMapping):
    alias = "gates"
    required = True
    example = "{'review_coverage': '>= 0.80'}"
    help = "Metric -> what a release must reach: '>=' or '<=' and a decimal."

    @classmethod
    def fault(cls, value: Any) -> Optional[Fault]:
        return validation.gates(value)


class TracesField(CheckedStringLists):
    alias = "traces"
    example = "{'review_coverage': ['REQ-12', 'RISK-7']}"
    help = (
        "Gated metric -> ids of the requirements and risks that its gate answers to, as your requirements or risk "
        "management tool names them. They are signed with the suite; `pedigree export --format trace-csv` prints them."
    )

    @classmethod
    def fault(cls, value: Any) -> Optional[Fault]:
        return validation.traces(value)


class EvalSuiteTarget(Target):
    alias = "eval_suite"
    core_fields = (*COMMON_TARGET_FIELDS, ArtifactDependencies, SetsField, MetricsField, GatesField, TracesField)
    help = help_text(
        """
        Sealed sets, the metrics that are taken on them, and the gates that a model must pass.

        Example:

            eval_suite(
                name="review",
                sets=["datasets/embedded-fw-c:review-sealed"],
                metrics=["review_accuracy_among_answered", "review_coverage"],
                gates={"review_accuracy_among_answered": ">= 0.90", "review_coverage": ">= 0.80"},
                traces={"review_coverage": ["REQ-12", "RISK-7"]},
            )
        """
    )


class EvaluationDependencies(StepDependencies):
    """Dependencies of an evaluation."""


class ReleaseDependencies(StepDependencies):
    """Dependencies of a release."""


class ModelField(ReferenceField):
    alias = "model"
    required = True
    example = "'models/embedded-fw-c:dpo'"
    help = "The model that is judged: a `finetune` or a `base_model`."


class SuiteField(ReferenceField):
    alias = "suite"
    required = True
    example = "':suite'"
    help = "The `eval_suite` that judges."


class StagesField(LabelledReferencesField):
    alias = "stages"
    example = "{'base model': 'models/base/tiny'}"
    help = "Label -> model that is shown beside the judged one, for instance the base model. No gate holds for it."


class LabelField(StringField):
    alias = "label"
    help = "What the report calls the judged model. Defaults to the name of its target."


class AbstainBelowField(CheckedString):
    alias = "abstain_below"
    default = "0"
    example = "'0.80'"
    help = (
        "Verdicts of less confidence than this count as `ESCALATE`, a decimal in [0, 1). Choose it on a development "
        "set; whoever uses the model applies the same rule. Completions have no such rule."
    )

    @classmethod
    def fault(cls, value: Any) -> Optional[Fault]:
        return validation.probability(value)


class EvaluationTarget(Target):
    alias = "evaluation"
    core_fields = (
        *COMMON_TARGET_FIELDS,
        EvaluationDependencies,
        StepEnvironmentField,
        ModelField,
        SuiteField,
        StagesField,
        LabelField,
        AbstainBelowField,
    )
    help = help_text(
        """
        A model judged by a suite. `test` shows its metrics beside the gates; a gate that is not met fails the test and
        stops every release that names the evaluation.

        Example:

            evaluation(
                name="review",
                model="models/embedded-fw-c:dpo",
                suite=":suite",
                stages={"base model": "models/base/tiny", "after SFT": "models/embedded-fw-c:sft"},
                label="after DPO",
                abstain_below="0.80",
            )
        """
    )


class EvaluationsField(ReferencesField):
    alias = "evaluations"
    required = True
    example = "['evals/embedded-fw-c:review']"
    help = "Evaluations of the model. All their gates must hold."


class ReleasedModelField(ModelField):
    help = "The `finetune` that is released."


class CardField(CheckedField, SingleSourceField):
    alias = "card"
    required = True
    example = "'card.md'"
    uses_source_roots = False
    expected_file_extensions = (".md",)
    help = (
        "A Markdown file with what no tool can know: what the model is for and not for, how it is asked, its limits. "
        "The release's card has it first; base, training, data and figures follow from the build."
    )

    @classmethod
    def compute_value(cls, raw_value: Optional[str], address: Address) -> Any:
        """Check a value; `help` shows the type of `raw_value`."""
        return super().compute_value(raw_value, address)


class ReleaseTarget(Target):
    alias = "release"
    core_fields = (*COMMON_TARGET_FIELDS, ReleaseDependencies, ReleasedModelField, EvaluationsField, CardField)
    help = help_text(
        """
        What is delivered: a model, its evaluations, its card, and signed evidence of how all of it was made.

        `package` builds whatever the release needs, stops at the first gate that is not met, and writes
        dist/<directory of the BUILD file>.

        Example:

            release(
                model=":dpo",
                evaluations=["evals/embedded-fw-c:review"],
                card="card.md",
            )
        """
    )
