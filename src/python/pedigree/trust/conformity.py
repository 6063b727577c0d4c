"""Whether a release is made of what its plan allows: the same comparison before a build, at sealing, and afterwards.

Before a build nothing is known of products, and of materials only what lies under version control. So the comparison
rests on that alone, and says the same of targets, of records and of provenance.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pedigree.trust.authority import Authority
from pedigree.trust.differences import Difference, stage_differences
from pedigree.trust.graph import Graph, Node
from pedigree.trust.plan import Plan, Stage, step_label

_CALLED = {
    "dataset": "data set",
    "synthetic_dataset": "data set",
    "base_model": "base model",
    "finetune": "stage",
    "eval_suite": "suite",
    "evaluation": "evaluation",
    "release": "release",
}


def differences(plan: Plan, graph: Graph) -> list[Difference]:
    """All that tells a graph from its plan, what is outside of it first."""
    found = list(_differences(plan, graph))
    return sorted(found, key=lambda difference: difference.inside)


def approvals_lacking(plan: Plan, graph: Graph, authority: Authority) -> list[Difference]:
    """Base models that a role which the plan names has not approved; those of the trust root are asked for anyway."""
    found = []
    for node in graph.bases():
        registered = authority.approved(node.address, node.supplied())
        given = {approval.signature.role for approval in registered.approvals}
        found += [
            Difference(f"base model {node.address} is not approved by {role}, whom the plan names")
            for role in plan.approvals
            if role not in given
        ]
    return found


def _differences(plan: Plan, graph: Graph) -> Iterator[Difference]:
    if graph.release != plan.step:
        yield Difference(f"the release is {graph.nodes[graph.release].address}, and the plan is of {plan.release}")
    stages = {stage.name: stage for stage in plan.stages}
    yield from _dropped(stages, graph)
    yield from _new(stages, graph)
    for name, stage in stages.items():
        if name in graph.nodes:
            yield from _inputs(stage, stages, graph)
            yield from stage_differences(stage, graph.nodes[name])


def _dropped(stages: Mapping[str, Stage], graph: Graph) -> Iterator[Difference]:
    gone = {name: stage for name, stage in stages.items() if name not in graph.nodes}
    for kind, address in _targets(gone.values()):
        its = {name for name, stage in gone.items() if stage.address == address}
        takers = [stage.label for stage in stages.values() if stage.name not in gone and its & {*stage.inputs.values()}]
        yield Difference(f"{kind} {address} is dropped" + (f"; it entered {_listed(takers)}" if takers else ""))


def _new(stages: Mapping[str, Stage], graph: Graph) -> Iterator[Difference]:
    fresh = {name: node for name, node in graph.nodes.items() if name not in stages}
    for kind, address in _targets(fresh.values()):
        its = {name for name, node in fresh.items() if node.address == address}
        takers = [
            stage.label
            for name, stage in stages.items()
            if name in graph.nodes and its & {*graph.nodes[name].inputs.values()}
        ]
        yield Difference(f"new {kind} {address}" + (f" enters {_listed(takers)}" if takers else ""))


def _inputs(stage: Stage, stages: Mapping[str, Stage], graph: Graph) -> Iterator[Difference]:
    """What a stage takes from steps that both know, or from version control instead."""
    node = graph.nodes[stage.name]
    planned = {**dict.fromkeys(stage.sources, ""), **stage.inputs}
    for role in sorted(planned.keys() | node.inputs.keys()):
        before, after = planned.get(role), node.inputs.get(role)
        if before == after:
            continue
        if after is None and (before == "" or before in graph.nodes):
            yield Difference(f"{stage.label} does not take {role} from {_origin(str(before), graph, stages)} any more")
        elif before is None and (after == "" or after in stages):
            yield Difference(f"{stage.label} takes {role} from {_origin(str(after), graph, stages)} as well")
        elif before is not None and after is not None:
            now, then = _origin(after, graph, stages), _origin(before, graph, stages)
            yield Difference(f"{stage.label} takes {role} from {now}, not from {then}")


def _origin(name: str, graph: Graph, stages: Mapping[str, Stage]) -> str:
    """The target behind a step's name; version control for none."""
    known: Stage | Node | None = graph.nodes.get(name) or stages.get(name)
    if known is None:
        return name or "version control"
    return step_label(name, known.address)


def _targets(steps: Iterable[Stage | Node]) -> list[tuple[str, str]]:
    """Kind and address of the targets that steps belong to, each once."""
    return sorted({(_CALLED.get(step.kind, step.kind), step.address) for step in steps})


def _listed(labels: Iterable[str]) -> str:
    return ", ".join(sorted(set(labels)))
