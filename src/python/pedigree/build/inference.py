"""The tools of a target are its dependencies, so that `dependents` and `--changed-since` know who uses a module."""

from __future__ import annotations

from dataclasses import dataclass

from pants.engine.rules import collect_rules, rule
from pants.engine.target import FieldSet, InferDependenciesRequest, InferredDependencies
from pants.engine.unions import UnionRule

from pedigree.build import engine
from pedigree.build.common_fields import StepDependencies
from pedigree.build.model_targets import MethodField
from pedigree.build.tools import tools_of


@dataclass(frozen=True)
class ToolInferenceFieldSet(FieldSet):
    """Any target of ours."""

    required_fields = (StepDependencies,)

    dependencies: StepDependencies


class InferTools(InferDependenciesRequest[ToolInferenceFieldSet]):
    """Ask for the tools of a target."""

    infer_from = ToolInferenceFieldSet


@rule(desc="Find the tools of a target")
async def infer_tools(request: InferTools) -> InferredDependencies:
    """The Python targets of the tools; a tool that nobody owns is told when it is to run."""
    target = await engine.resolve_target(request.field_set.address)
    method = target[MethodField].value if target.has_field(MethodField) else None
    owners = [await engine.module_owners(tool.module, tool.resolve) for tool in tools_of(target.alias, method or "")]
    return InferredDependencies(owner for found in owners for owner in found.unambiguous)


def rules():  # type: ignore[no-untyped-def]
    """The rules of this module."""
    return (*collect_rules(), UnionRule(InferDependenciesRequest, InferTools))
