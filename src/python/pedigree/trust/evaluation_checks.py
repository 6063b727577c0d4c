"""Checks of a delivered release: its evaluations passed, by gates that were not changed afterwards, and are of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pedigree.step.canonical import parse_json
from pedigree.step.digests import sha256_bytes
from pedigree.trust.errors import Refused
from pedigree.trust.evaluations import REPORT, WEIGHTS
from pedigree.trust.evidence import Artifacts, Delivered
from pedigree.trust.gates import require_declared_gates
from pedigree.trust.graph import Node
from pedigree.trust.judged import judges_of, require_of_this_release, suite_of
from pedigree.trust.lineage import test_result_file
from pedigree.trust.modelsig import under
from pedigree.trust.statement import TEST_RESULT, subjects_of


@dataclass(frozen=True)
class _Evaluation:
    """One evaluation of a release, with its evidence."""

    suite: str
    judge: Node
    report: dict[str, Any]
    result: dict[str, Any]


# (6) Each evaluation met its gates, and its report is the one that was judged.
def _evaluations_passed(delivered: Delivered) -> str:
    judges = delivered.judges()
    for suite, judge in judges.items():
        statement = delivered.statement(test_result_file(judge), TEST_RESULT)
        path = f"evaluation/{suite}/report.json"
        data = delivered.read(path)
        named = {item["name"]: item["digest"]["sha256"] for item in statement["predicate"]["configuration"]}
        if {named.get(path), delivered.products(judge).get("report.json")} != {sha256_bytes(data)}:
            raise Refused(f"{path} is not the report that '{judge}' wrote")
        report = parse_json(data, path)
        if statement["predicate"]["result"] != "PASSED" or report["passed"] is not True:
            raise Refused(f"suite '{suite}' did not pass")
        if not all(gate["passed"] is True for gate in report["gates"]):
            raise Refused(f"suite '{suite}' has a gate that is not met")
        if not set(subjects_of(statement).values()) >= set(_delivered_weights(delivered).values()):
            raise Refused(f"suite '{suite}' judged another model than the delivered one")
    if not judges:
        return "the release carries no evaluation"
    return f"{len(judges)} suites: {', '.join(sorted(judges))}"


def gates_are_declared(delivered: Delivered) -> str:
    """Every report was held to the gates that its suite declares, and says of them what its figures say.

    Raises:
        Refused: One was not.
    """
    gates = [
        require_declared_gates(suite_of(delivered.graph, found.judge), found.report, found.result["predicate"])
        for found in _evaluations(delivered)
    ]
    return f"{sum(gates)} gates of {len(gates)} suites"


def evaluations_are_of_this_release(delivered: Delivered) -> str:
    """Every evaluation is of the model that is delivered, by the suite and on the sets that it is shown as.

    Raises:
        Refused: One is not.
    """
    found = list(_evaluations(delivered))
    for each in found:
        require_of_this_release(delivered.graph, each.suite, each.judge, subjects_of(each.result))
    return ", ".join(each.suite for each in found) or "the release carries no evaluation"


PASSED = ("every evaluation met its gates, and its report is the one that was judged", _evaluations_passed)
CHECKS = (
    ("every report was held to the gates that its suite declares", gates_are_declared),
    (
        "every evaluation is of this model, by the suite and on the sets that it is shown as",
        evaluations_are_of_this_release,
    ),
)
"""Claim and check, for the list of `verify`."""


def _evaluations(delivered: Delivered) -> Iterator[_Evaluation]:
    for suite, judge in judges_of(delivered.graph).items():
        path = f"evaluation/{suite}/{REPORT}"
        result = delivered.statement(test_result_file(judge.name), TEST_RESULT)
        yield _Evaluation(suite, judge, parse_json(delivered.read(path), path), result)


def _delivered_weights(delivered: Delivered) -> Artifacts:
    return {path: sha for path, sha in under("model", delivered.digests).items() if path.endswith(WEIGHTS)}
