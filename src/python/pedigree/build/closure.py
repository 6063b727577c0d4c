"""From addresses to plans: what a target says about itself, its steps, and the steps of all that it is made from."""

from __future__ import annotations

from typing import Dict, Tuple

from pants.engine.addresses import Address
from pants.engine.rules import collect_rules, rule
from pants.engine.target import Target
from pants.engine.unions import UnionMembership

from pedigree.build import data_targets, engine, judgement_targets, model_targets, order, planning
from pedigree.build.addresses import short
from pedigree.build.environment_targets import StepEnvironmentField
from pedigree.build.errors import BuildError
from pedigree.build.facts import DATASETS, Facts
from pedigree.build.messages import Closure, ClosureRequest, FactsRequest, PlanRequest, StepFieldSet
from pedigree.build.plan import LOCAL, Plan


@rule(desc="Describe target")
async def describe(request: FactsRequest) -> Facts:
    """What a target says about itself to those that name it."""
    target = await engine.resolve_target(request.address, request.origin)
    spec, kind = short(request.address.spec), target.alias
    if kind == "finetune":
        is_adapter = _trains_adapter(target)
        base = await engine.resolve_addresses(target[model_targets.BaseField].to_unparsed_address_inputs())
        adapter = await engine.resolve_addresses(target[model_targets.AdapterField].to_unparsed_address_inputs())
        datasets = await engine.resolve_addresses(target[model_targets.DatasetsField].to_unparsed_address_inputs())
        return Facts(
            spec,
            kind,
            adapter=is_adapter,
            base=short(base[0].spec) if is_adapter and base else "",
            datasets=tuple(short(address.spec) for address in datasets),
            started_from=tuple(short(address.spec) for address in (*base, *adapter)),
        )
    if kind == "eval_suite":
        sets = await engine.resolve_addresses(target[judgement_targets.SetsField].to_unparsed_address_inputs())
        return Facts(spec, kind, sets=tuple(short(address.spec) for address in sets))
    if kind == "evaluation":
        model = await engine.resolve_addresses(target[judgement_targets.ModelField].to_unparsed_address_inputs())
        suite = await engine.resolve_addresses(target[judgement_targets.SuiteField].to_unparsed_address_inputs())
        return Facts(spec, kind, model=short(model[0].spec), suite=short(suite[0].spec))
    if kind in DATASETS:
        sealed, form = target[data_targets.SealedField].value, str(target[data_targets.FormField].value)
        return Facts(spec, kind, sealed=sealed, form=form)
    return Facts(spec, kind)


def _trains_adapter(target: Target) -> bool:
    method = str(target[model_targets.MethodField].value)
    return (target[model_targets.WeightsField].value or planning.default_weights(method)) == "lora"


@rule(desc="Plan target")
async def plan_target(request: PlanRequest, union_membership: UnionMembership) -> Plan:
    """The steps of a target, by the rule of its type."""
    target = await engine.resolve_target(request.address)
    for field_set in union_membership[StepFieldSet]:
        if field_set.is_applicable(target):
            plan = await engine.plan_steps(field_set.create(target))
            where = target[StepEnvironmentField].value if target.has_field(StepEnvironmentField) else LOCAL
            return plan.in_environment(where)
    raise BuildError(
        f"target '{short(request.address.spec)}' is a `{target.alias}`, which has no step", "name another target"
    )


@rule(desc="Plan everything that a target is made from")
async def find_closure(request: ClosureRequest) -> Closure:
    """Plan the whole closure, so that a mistake anywhere in it is told before anything runs."""
    plans: Dict[Address, Plan] = {}
    wanted: Tuple[Address, ...] = (request.address,)
    while wanted:
        plans.update(zip(wanted, await engine.plans_of(wanted)))
        specs = order.sources(plans[address] for address in wanted)
        found = [await engine.parse_address(spec) for spec in specs]
        wanted = tuple(address for address in found if address not in plans)
    steps = order.ordered(plans.values())
    await engine.places_of(steps)
    return Closure(steps)


def rules():  # type: ignore[no-untyped-def]
    """The rules of this module."""
    return collect_rules()
