"""What Pants loads: `backend_packages = ["pedigree.build"]`."""

from __future__ import annotations

from pants.core.util_rules.environments import RemoteEnvironmentTarget

from pedigree.build import (
    attestation,
    closure,
    disk,
    environment,
    evaluation,
    graph_goal,
    inference,
    isolation,
    package,
    permission,
    placement,
    plans,
    release,
    revocation,
    run,
)
from pedigree.build.data_targets import DatasetTarget, SyntheticDatasetTarget
from pedigree.build.environment_targets import ENVIRONMENT_FIELDS
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
    modules = (
        plans,
        closure,
        placement,
        environment,
        run,
        attestation,
        disk,
        package,
        permission,
        release,
        revocation,
        evaluation,
        graph_goal,
        inference,
        isolation,
    )
    fields = [RemoteEnvironmentTarget.register_plugin_field(field) for field in ENVIRONMENT_FIELDS]
    return [*fields, *(rule for module in modules for rule in module.rules())]
