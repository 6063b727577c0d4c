"""What Pants loads: `backend_packages = ["pedigree.build"]`."""

from __future__ import annotations

from pedigree.build import closure, disk, environment, evaluation, inference, isolation, package, plans, release, run
from pedigree.build.data_targets import DatasetTarget, SyntheticDatasetTarget
from pedigree.build.judgement_targets import EvalSuiteTarget, EvaluationTarget, ReleaseTarget
from pedigree.build.model_targets import BaseModelTarget, FinetuneTarget


def target_types():  # type: ignore[no-untyped-def]
    """The target types."""
    return (
        DatasetTarget,
        SyntheticDatasetTarget,
        BaseModelTarget,
        FinetuneTarget,
        EvalSuiteTarget,
        EvaluationTarget,
        ReleaseTarget,
    )


def rules():  # type: ignore[no-untyped-def]
    """All rules."""
    modules = (plans, closure, environment, run, disk, package, release, evaluation, inference, isolation)
    return [rule for module in modules for rule in module.rules()]
