"""The model cards of a bill of materials in CycloneDX."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pedigree.export.ancestry import Learned, Remembered, all_learning, delivered_model, own_learning, sets_asked
from pedigree.export.card import LIMITS, USE, USERS, statements
from pedigree.export.cyclonedx_refs import artifact_ref
from pedigree.export.evidence import Evidence
from pedigree.export.reports import Metric
from pedigree.export.steps import Step


def stage_card(model: Step) -> dict[str, Any]:
    """What one stage of training was given."""
    return {"modelParameters": {"datasets": _datasets(own_learning(model), ())}}


def delivered_card(evidence: Evidence) -> dict[str, Any]:
    """What the delivered model learned from and was judged by, what was measured, and what its authors say of it."""
    model = delivered_model(evidence)
    learned, tested = all_learning(evidence, model), sets_asked(evidence).get(model.name, ())
    found = [(evaluation.suite, metric) for evaluation in evidence.evaluations for metric in evaluation.metrics]
    properties = [("pedigree:trained-on", artifact_ref(name)) for name in learned.datasets]
    properties += [("pedigree:tested-on", artifact_ref(name)) for name in tested]
    properties += [(f"pedigree:gate:{suite}:{metric.name}", metric.gate) for suite, metric in found if metric.gate]
    return {
        "modelParameters": {"datasets": _datasets(learned, tested)},
        "quantitativeAnalysis": {"performanceMetrics": [_metric(suite, metric) for suite, metric in found]},
        "considerations": _considerations(evidence.card),
        "properties": [{"name": name, "value": value} for name, value in properties],
    }


def _datasets(learned: Learned, tested: Iterable[str]) -> list[dict[str, Any]]:
    """Datasets of the release by reference, others by what is remembered of them."""
    inside = [{"ref": artifact_ref(name)} for name in dict.fromkeys((*learned.datasets, *tested))]
    return [*inside, *(_remembered(one) for one in learned.remembered)]


def _remembered(one: Remembered) -> dict[str, Any]:
    said = [{"name": "pedigree:manifest", "value": f"sha256:{one.sha256}"}]
    what = "What the base model was trained on; the release names the manifest of it."
    return {"type": "dataset", "name": one.path, "description": what, "contents": {"properties": said}}


def _metric(suite: str, metric: Metric) -> dict[str, Any]:
    bounds = {"confidenceInterval": {"lowerBound": metric.lower, "upperBound": metric.upper}} if metric.lower else {}
    return {"type": metric.name, "value": metric.value, "slice": suite, **bounds}


def _considerations(card: str) -> dict[str, Any]:
    said = {
        "users": statements(card, USERS),
        "useCases": statements(card, USE),
        "technicalLimitations": statements(card, LIMITS),
    }
    return {key: value for key, value in said.items() if value}
