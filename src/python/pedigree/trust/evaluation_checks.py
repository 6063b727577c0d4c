"""Two checks of a delivered release: its gates were not changed afterwards, and its evaluations are of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pedigree.step.canonical import parse_json
from pedigree.trust.evaluations import REPORT
from pedigree.trust.evidence import Delivered
from pedigree.trust.gates import require_declared_gates
from pedigree.trust.graph import Graph, Node, graph_of_provenance
from pedigree.trust.judged import judges_of, require_of_this_release, suite_of
from pedigree.trust.lineage import test_result_file
from pedigree.trust.statement import TEST_RESULT, subjects_of


@dataclass(frozen=True)
class _Evaluation:
    """One evaluation of a release, with its evidence."""

    suite: str
    judge: Node
    report: dict[str, Any]
    result: dict[str, Any]


def gates_are_declared(delivered: Delivered) -> str:
    """Every report was held to the gates that its suite declares, and says of them what its figures say.

    Raises:
        Refused: One was not.
    """
    graph = _graph(delivered)
    gates = [
        require_declared_gates(suite_of(graph, found.judge), found.report, found.result["predicate"])
        for found in _evaluations(graph, delivered)
    ]
    return f"{sum(gates)} gates of {len(gates)} suites"


def evaluations_are_of_this_release(delivered: Delivered) -> str:
    """Every evaluation is of the model that is delivered, by the suite and on the sets that it is shown as.

    Raises:
        Refused: One is not.
    """
    graph = _graph(delivered)
    found = list(_evaluations(graph, delivered))
    for each in found:
        require_of_this_release(graph, each.suite, each.judge, subjects_of(each.result))
    return ", ".join(each.suite for each in found) or "the release carries no evaluation"


CHECKS = (
    ("every report was held to the gates that its suite declares", gates_are_declared),
    (
        "every evaluation is of this model, by the suite and on the sets that it is shown as",
        evaluations_are_of_this_release,
    ),
)
"""Claim and check, for the list of `verify`."""


def _graph(delivered: Delivered) -> Graph:
    return graph_of_provenance(delivered.provenance, delivered.step_names[-1])


def _evaluations(graph: Graph, delivered: Delivered) -> Iterator[_Evaluation]:
    for suite, judge in judges_of(graph).items():
        path = f"evaluation/{suite}/{REPORT}"
        result = delivered.statement(test_result_file(judge.name), TEST_RESULT)
        yield _Evaluation(suite, judge, parse_json(delivered.read(path), path), result)
