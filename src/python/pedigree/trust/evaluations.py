"""What evaluations of a release found, as in-toto test-result statements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pedigree.step.canonical import parse_json
from pedigree.step.digests import sha256_bytes
from pedigree.step.errors import ToolError
from pedigree.step.record import Record
from pedigree.trust.closure import Closure, role_files
from pedigree.trust.statement import TEST_RESULT, descriptor, statement

ROLE = "evaluations/"
REPORT = "report.json"
WEIGHTS = ".safetensors"


@dataclass(frozen=True)
class Evaluation:
    """One evaluation that a release carries.

    Attributes:
        suite: Name of the suite, and of the directory under `evaluation/`.
        judge: The step that judged.
        report: The report's bytes, as delivered.
    """

    suite: str
    judge: Record
    report: bytes


def evaluations(closure: Closure, release: Path) -> list[Evaluation]:
    """The evaluations of a release, in the order of their suites.

    Raises:
        ToolError: A report is missing, is not the one that was judged, or is of another model; or a gate is not met.
    """
    found = []
    for role, origin in sorted(closure.release.inputs.items()):
        if role.startswith(ROLE):
            suite, judge = role[len(ROLE) :], closure.step(origin.step)
            path = release / "evaluation" / suite / REPORT
            if not path.is_file():
                what = f"'{closure.release.address}' does not deliver {path.name} of suite '{suite}'"
                raise ToolError(what, "package again")
            evaluation = Evaluation(suite, judge, path.read_bytes())
            _check(evaluation)
            _check_model(evaluation, closure)
            found.append(evaluation)
    return found


def test_result(evaluation: Evaluation, closure: Closure) -> dict[str, Any]:
    """The statement that the evaluated model met the suite's gates.

    Its subject is the model that the last stage's predictions came from; its configuration is everything that the
    verdict rests on: suite, sealed sets, predictions, and the report itself.
    """
    judge = evaluation.judge
    gates = gate_lines(parse_json(evaluation.report, REPORT))
    configuration = [
        descriptor(f"{role}/{path}", sha, step=origin.step)
        for role, origin in sorted(judge.inputs.items())
        for path, sha in sorted(role_files(judge, role).items())
    ]
    report = descriptor(f"evaluation/{evaluation.suite}/{REPORT}", sha256_bytes(evaluation.report), step=judge.name)
    predicate = {"result": "PASSED", "configuration": [*configuration, report], "passedTests": gates, "failedTests": []}
    return statement(evaluated_model(judge, closure), TEST_RESULT, predicate)


def gate_lines(report: Mapping[str, Any]) -> list[str]:
    """The gates of a report, each as `metric >= threshold: value`."""
    return [f"{gate['metric']} {gate['comparison']} {gate['threshold']}: {gate['value']}" for gate in report["gates"]]


def evaluated_model(judge: Record, closure: Closure) -> dict[str, str]:
    """Files of the model that was judged: the input `model` of the step that made the last stage's predictions."""
    stages = [role for role in judge.inputs if role.startswith("predictions/")]
    if not stages:
        raise ToolError(f"'{judge.name}' judged no predictions", "let the evaluation name a model")
    last = max(stages, key=lambda role: (len(role), role))
    return role_files(closure.step(judge.inputs[last].step), "model")


def _check(evaluation: Evaluation) -> None:
    report = parse_json(evaluation.report, f"evaluation/{evaluation.suite}/{REPORT}")
    if evaluation.judge.products.get(REPORT) != sha256_bytes(evaluation.report):
        what = f"evaluation/{evaluation.suite}/{REPORT} is not what '{evaluation.judge.name}' wrote"
        raise ToolError(what, "package again")
    unmet = [gate for gate in report["gates"] if gate["passed"] is not True]
    if unmet or report["passed"] is not True:
        lines = "".join(f"\n  {line}" for line in gate_lines({"gates": unmet}))
        raise ToolError(f"suite '{evaluation.suite}' has gates that are not met{lines}", "train a better model")


def _check_model(evaluation: Evaluation, closure: Closure) -> None:
    judged = set(evaluated_model(evaluation.judge, closure).values())
    for path, digest in closure.release.products.items():
        if path.startswith("model/") and path.endswith(WEIGHTS) and digest not in judged:
            what = f"suite '{evaluation.suite}' judged another model than '{closure.release.address}' delivers ({path})"
            raise ToolError(what, "name the same model in the evaluation and in the release")
