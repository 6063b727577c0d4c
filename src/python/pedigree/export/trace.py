"""From the id of a requirement or a risk to the gate that answers to it, what was measured, and who signed it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pedigree.export.evidence import Evaluation, Evidence
from pedigree.export.reports import Gate
from pedigree.export.steps import Step
from pedigree.trust.attestations import ATTESTED
from pedigree.trust.errors import MalformedEvidence
from pedigree.trust.pair import plan_path


@dataclass(frozen=True)
class Trace:
    """One id and one gate.

    Attributes:
        id: The requirement or risk, as the BUILD file names it.
        suite: Address of the suite.
        metric: What was measured.
        comparison: `>=` or `<=`.
        threshold: What had to be reached, a decimal.
        value: What was reached, a decimal.
        passed: Whether the gate held.
        evidence: Path in the release of the report.
        evidence_sha256: Its digest.
        signature: Path in the release of the signed test result, which names the report by digest.
        signature_sha256: Its digest.
        declared: Path in the release of the signed provenance that holds the id and the gate.
        declared_sha256: Its digest.
        keyid: The key of both signatures.
        planned: What the owners fixed for this metric beforehand, for instance `>= 0.80`; empty where they did not.
        plan: Path in the release of the plan that says so.
        plan_sha256: Its digest.
        approved_by: Printed names of the owners who signed the plan.
    """

    id: str
    suite: str
    metric: str
    comparison: str
    threshold: str
    value: str
    passed: bool
    evidence: str
    evidence_sha256: str
    signature: str
    signature_sha256: str
    declared: str
    declared_sha256: str
    keyid: str
    planned: str
    plan: str
    plan_sha256: str
    approved_by: str


def traces(evidence: Evidence) -> list[Trace]:
    """Every id of a release with every gate that answers to it, by id, suite and metric.

    Raises:
        MalformedEvidence: A suite traces a gate that its report does not have, or its traces are of another shape.
    """
    found = [trace for evaluation in evidence.evaluations for trace in _of(evidence, evaluation)]
    return sorted(found, key=lambda trace: (trace.id, trace.suite, trace.metric))


def untraced(evidence: Evidence) -> list[dict[str, str]]:
    """The gates of a release that no id leads to, by suite and metric."""
    return [
        {"suite": suite.address, "metric": metric}
        for evaluation in evidence.evaluations
        for suite in [suite_of(evidence, evaluation)]
        for metric in evaluation.gates
        if metric not in _declared(suite)
    ]


def suite_of(evidence: Evidence, evaluation: Evaluation) -> Step:
    """The step that fixed what an evaluation measures."""
    return evidence.by_name[evidence.by_name[evaluation.judge].inputs["suite"]]


def _of(evidence: Evidence, evaluation: Evaluation) -> Iterator[Trace]:
    suite = suite_of(evidence, evaluation)
    for metric, ids in _declared(suite).items():
        if metric not in evaluation.gates:
            raise MalformedEvidence(
                f"{suite.provenance} traces '{metric}', and {evaluation.report_file} has no such gate"
            )
        for one in ids:
            yield _trace(one, evidence, evaluation, suite, evaluation.gates[metric])


def _trace(one: str, evidence: Evidence, evaluation: Evaluation, suite: Step, gate: Gate) -> Trace:
    planned = _planned(evidence, suite, gate)
    return Trace(
        id=one,
        suite=suite.address,
        metric=gate.metric,
        comparison=gate.comparison,
        threshold=gate.threshold,
        value=gate.value,
        passed=gate.passed,
        evidence=evaluation.report_file,
        evidence_sha256=evidence.files[evaluation.report_file],
        signature=evaluation.result_file,
        signature_sha256=evidence.files[evaluation.result_file],
        declared=suite.provenance,
        declared_sha256=evidence.files[suite.provenance],
        keyid=evidence.keyid,
        **planned,
    )


def _planned(evidence: Evidence, suite: Step, gate: Gate) -> dict[str, str]:
    """What the owners fixed of a gate before there was anything to measure, and who of them signed that."""
    word, path = evidence.brought.word, f"{ATTESTED}/{plan_path(evidence.release.address)}"
    stages = word.plan.stages if word else ()
    fixed = next((stage.gates.get(gate.metric, "") for stage in stages if stage.name == suite.name), "")
    if word is None or not fixed:
        return dict.fromkeys(("planned", "plan", "plan_sha256", "approved_by"), "")
    names = "; ".join(word.names)
    return {"planned": fixed, "plan": path, "plan_sha256": evidence.files[path], "approved_by": names}


def _declared(suite: Step) -> dict[str, list[str]]:
    """Metric -> ids, as the suite's config says; what a BUILD file was checked for need not hold for other builders."""
    declared = suite.config.get("traces", {})
    if not isinstance(declared, dict) or not all(isinstance(ids, list) for ids in declared.values()):
        raise MalformedEvidence(f"{suite.provenance}: traces are not lists of ids by metric")
    if not all(isinstance(one, str) for ids in declared.values() for one in ids):
        raise MalformedEvidence(f"{suite.provenance}: an id that a gate answers to is not text")
    return declared
