"""Fields that targets of several rooms have."""

from __future__ import annotations

from typing import Optional

from pants.engine.target import Dependencies

from pedigree.build import validation
from pedigree.build.fields import CheckedInt, CheckedString
from pedigree.build.validation import Fault


class StepDependencies(Dependencies):
    """Targets that a step needs beside those that other fields name; its tool is found by itself."""


class ArtifactDependencies(StepDependencies):
    """Dependencies of a target whose artifact `package` writes to dist/artifacts."""


class SeedField(CheckedInt):
    alias = "seed"
    required = True
    example = "17"
    help = "Start of every random number of the step. Has no default: a result must name its seed."

    @classmethod
    def fault(cls, value: int) -> Optional[Fault]:
        return validation.natural(value)


class LicenseField(CheckedString):
    alias = "license"
    required = True
    example = "'Apache-2.0'"
    help = "The license under which the content may be used, as an SPDX expression."

    @classmethod
    def fault(cls, value: str) -> Optional[Fault]:
        return validation.license_name(value)
