"""The target types that make datasets."""

from __future__ import annotations

from typing import Optional

from pants.engine.target import COMMON_TARGET_FIELDS, BoolField, Target
from pants.util.strutil import help_text

from pedigree.build import validation
from pedigree.build.common_fields import ArtifactDependencies, LicenseField, SeedField
from pedigree.build.environment_targets import StepEnvironmentField
from pedigree.build.fields import CheckedInt, CheckedMapping, CheckedSources, CheckedString
from pedigree.build.validation import Fault


class FormField(CheckedString):
    alias = "form"
    required = True
    example = "'messages'"
    valid_choices = validation.FORMS
    help = "What a record looks like: every record is checked against the schema of this form."


class OriginField(CheckedString):
    alias = "origin"
    required = True
    example = "'internal'"
    valid_choices = validation.ORIGINS
    help = "Where the content comes from."


class SyntheticOriginField(OriginField):
    required = False
    default = "synthetic-verified"


class SealedField(BoolField):
    alias = "sealed"
    default = False
    help = "Whether only evaluation may read this set. A training step that names a sealed set is an error."


class RecordsField(CheckedSources):
    required = True
    example = "['records.jsonl']"
    help = "JSON-lines files with the records, beside the BUILD file."


class ShardedField(BoolField):
    alias = "sharded"
    default = False
    help = (
        "Whether each file is a step of its own: a change of one file then runs one small step and one that merges, "
        "and workers share the others. The artifact is the same. Worth it for dozens of files or hundreds of megabytes."
    )


class DatasetTarget(Target):
    alias = "dataset"
    core_fields = (
        *COMMON_TARGET_FIELDS,
        ArtifactDependencies,
        StepEnvironmentField,
        RecordsField,
        FormField,
        LicenseField,
        OriginField,
        SealedField,
        ShardedField,
    )
    help = help_text(
        """
        A versioned set of records under version control.

        Every record is checked against the schema of its form; ids must be unique. The artifact is `records.jsonl` in
        canonical form, sorted by id, and `manifest.json` with a uid that follows from the content alone, counts,
        license and origin.

        Example:

            dataset(
                name="style",
                sources=["style.jsonl"],
                form="messages",
                license="Apache-2.0",
                origin="internal",
            )
        """
    )


class GeneratorSourcesField(CheckedSources):
    alias = "generator_sources"
    default = ("**/*.py",)
    help = "The Python files of generator and verifier. Modules are found from the BUILD file's directory."


class GeneratorField(CheckedString):
    alias = "generator"
    required = True
    example = "'embedded_fw_c.review'"
    help = "Dotted name of the module that generates records."

    @classmethod
    def fault(cls, value: str) -> Optional[Fault]:
        return validation.module(value)


class VerifierField(GeneratorField):
    alias = "verifier"
    example = "'embedded_fw_c.verify_review'"
    help = "Dotted name of the module that decides whether a record is right, with real tools."


class CountField(CheckedInt):
    alias = "count"
    required = True
    example = "1000"
    help = "How many records to generate. Those that the verifier refuses are dropped, not replaced."

    @classmethod
    def fault(cls, value: int) -> Optional[Fault]:
        return validation.positive(value)


class ArgumentsField(CheckedMapping):
    alias = "arguments"
    help = "Settings of the generator, for instance the split: name -> value, both strings."


class SyntheticDatasetTarget(Target):
    alias = "synthetic_dataset"
    core_fields = (
        *COMMON_TARGET_FIELDS,
        ArtifactDependencies,
        StepEnvironmentField,
        GeneratorSourcesField,
        GeneratorField,
        VerifierField,
        SeedField,
        CountField,
        ArgumentsField,
        FormField,
        LicenseField,
        SyntheticOriginField,
        SealedField,
    )
    help = help_text(
        """
        A set of records that code generates and other code verifies.

        Only verified records are kept. The artifact is that of a `dataset`, and `report.json`, which says how many
        records were generated, how many were kept and why the others were dropped.

        Example:

            synthetic_dataset(
                name="review",
                generator="embedded_fw_c.review",
                verifier="embedded_fw_c.verify_review",
                generator_sources=["embedded_fw_c/*.py"],
                seed=17,
                count=3000,
                arguments={"split": "train"},
                form="review",
                license="Apache-2.0",
            )
        """
    )
