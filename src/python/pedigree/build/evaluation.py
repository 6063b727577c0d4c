"""`test` of evaluations: metrics beside gates; a gate that is not met fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pants.core.goals.test import ShowOutput, TestFieldSet, TestRequest, TestResult, TestSubsystem
from pants.engine.fs import EMPTY_FILE_DIGEST
from pants.engine.rules import collect_rules, rule
from pants.option.option_types import SkipOption
from pants.option.subsystem import Subsystem

from pedigree.build import engine, permission, verdict
from pedigree.build.judgement import REPORT
from pedigree.build.judgement_targets import EvaluationDependencies, SuiteField
from pedigree.build.messages import StepRun


class EvaluationSubsystem(Subsystem):
    """What `test` knows of evaluations."""

    options_scope = "pedigree-evaluation"
    name = "evaluation"
    help = "Evaluations of models, run by `test`."

    skip = SkipOption("test")


@dataclass(frozen=True)
class EvaluationTestFieldSet(TestFieldSet):
    """An evaluation; Pants wants a field named `sources` and reads nothing from it."""

    required_fields = (EvaluationDependencies,)

    sources: SuiteField  # type: ignore[assignment]


class EvaluationTestRequest(TestRequest):
    """Ask for the verdict on a model."""

    tool_subsystem = EvaluationSubsystem  # type: ignore[assignment]
    field_set_type = EvaluationTestFieldSet


@rule(desc="Evaluate")
async def evaluate(batch: EvaluationTestRequest.Batch[EvaluationTestFieldSet, Any], test: TestSubsystem) -> TestResult:
    """Judge a model; with `--force` the judge judges again."""
    address = batch.single_element.address
    await engine.require_permitted(address, "artifact")
    (plan,) = await engine.plans_of((address,))
    judge = plan.step("")
    made = await engine.run_step(StepRun(judge, (judge.name,) if test.force else ()))
    await permission.require_sound(address, made)
    (report,) = await engine.contents(await engine.subset(made.artifact, (REPORT,)))
    return TestResult(
        exit_code=0 if made.passed else 1,
        stdout=verdict.table(report.content),
        stdout_digest=EMPTY_FILE_DIGEST,
        stderr="\n".join(verdict.faults(report.content)),
        stderr_digest=EMPTY_FILE_DIGEST,
        addresses=(address,),
        output_setting=ShowOutput.NONE if test.output == ShowOutput.NONE else ShowOutput.ALL,
        result_metadata=made.metadata,
        extra_output=await engine.snapshot(made.artifact),
        log_extra_output=True,
    )


def rules():  # type: ignore[no-untyped-def]
    """The rules of this module."""
    return (*collect_rules(), *EvaluationTestRequest.rules())
