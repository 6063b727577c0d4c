"""Whether a release is made of what its plan allows: the same comparison before a build, at sealing, and afterwards.

Before a build nothing is known of products, and of materials only what lies under version control. So the comparison
rests on that alone, and says the same of targets, of records and of provenance.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pedigree.trust.authority import Authority
from pedigree.trust.differences import Difference, stage_differences
from pedigree.trust.graph import Graph, Node
from pedigree.trust.owner_layout import keys_named
from pedigree.trust.owners import OwnersWord
from pedigree.trust.plan import Plan, Stage, step_label
from pedigree.trust.root import TrustRoot

_AGAIN = "have the owners sign the plan anew"
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


def key_differences(word: OwnersWord, root: TrustRoot, revoked: frozenset[str], sealing: str = "") -> list[Difference]:
    """Whether the keys in the owners' layout may still sign, and the one that seals is among them.

    Stock verifiers go by the layout alone: it must not let a key sign that was revoked, nor refuse the one that does.
    A builder or releaser who was enrolled or retired since changes nothing.

    Args:
        word: What the owners signed.
        root: The trust root in force.
        revoked: Fingerprints of keys that are revoked.
        sealing: Id of the key that seals, one of the role release; empty for one that is not known.

    Raises:
        MalformedEvidence: The layout is none.
    """
    named = keys_named(word.layout, word.plan, root)
    if named is None:
        return [Difference(f"the layout lets others sign than builders and the role release; {_AGAIN}")]
    fallen = sorted(root.holders[keyid].name for keyid, key in named.items() if key.fingerprint in revoked)
    found = [Difference(f"the layout lets the key of {name} sign, which is revoked; {_AGAIN}") for name in fallen]
    if sealing and sealing not in named:
        name = root.holders[sealing].name
        found.append(Difference(f"the layout does not let the key of {name} sign, which seals; {_AGAIN}"))
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
    gone = [stage for name, stage in stages.items() if name not in graph.nodes]
    takers = _takers((stage.label, stage.inputs) for stage in stages.values() if stage.name in graph.nodes)
    for target, labels in _targets(gone, takers):
        yield Difference(f"{target} is dropped" + (f"; it entered {labels}" if labels else ""))


def _new(stages: Mapping[str, Stage], graph: Graph) -> Iterator[Difference]:
    fresh = [node for name, node in graph.nodes.items() if name not in stages]
    known = (stage for name, stage in stages.items() if name in graph.nodes)
    takers = _takers((stage.label, graph.nodes[stage.name].inputs) for stage in known)
    for target, labels in _targets(fresh, takers):
        yield Difference(f"new {target}" + (f" enters {labels}" if labels else ""))


def _takers(steps: Iterable[tuple[str, Mapping[str, str]]]) -> dict[str, set[str]]:
    """Step -> labels of those that take from it; of these steps, each given by its label and its inputs."""
    takers: dict[str, set[str]] = {}
    for label, inputs in steps:
        for origin in inputs.values():
            takers.setdefault(origin, set()).add(label)
    return takers


def _targets(steps: Iterable[Stage | Node], takers: Mapping[str, set[str]]) -> list[tuple[str, str]]:
    """The targets that steps belong to, each once, in words, and who takes from any of their steps."""
    targets: dict[tuple[str, str], set[str]] = {}
    for step in steps:
        named = (_CALLED.get(step.kind, step.kind), step.address)
        targets.setdefault(named, set()).update(takers.get(step.name, ()))
    return [(f"{kind} {address}", ", ".join(sorted(labels))) for (kind, address), labels in sorted(targets.items())]


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
