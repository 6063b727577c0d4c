"""What an environment of Pants says to Pedigree: who builds there, with which packages, on which accelerator."""

from __future__ import annotations

from typing import Any, Optional

from pants.core.util_rules.environments import EnvironmentField
from pants.engine.target import StringField

from pedigree.build import validation
from pedigree.build.fields import CheckedMapping, CheckedString
from pedigree.build.validation import Fault


class StepEnvironmentField(EnvironmentField):
    help = (
        "Where the steps of this target run: a name from `[environments-preview].names`. By default this machine. The "
        "bytes are the same wherever a step runs; its record says where it did."
    )


class BuilderField(CheckedString):
    alias = "builder"
    required = True
    example = "'buildbarn.example.org'"
    help = "What provenance names as the builder of steps that run here: a name for the platform, or its URI."

    @classmethod
    def fault(cls, value: str) -> Optional[Fault]:
        return validation.builder(value)


class AcceleratorField(StringField):
    alias = "accelerator"
    valid_choices = validation.ACCELERATORS
    help = "What a worker must have beside processors. A step refuses to start on a worker without it."


class ResolvesField(CheckedMapping):
    alias = "resolves"
    example = "{'ml': 'ml-cuda'}"
    help = "Resolve that a tool asks for -> resolve that it gets here: the same packages, built for the accelerator."

    @classmethod
    def fault(cls, value: Any) -> Optional[Fault]:
        return None


ENVIRONMENT_FIELDS = (BuilderField, AcceleratorField, ResolvesField)
