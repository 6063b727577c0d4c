"""The plan that a graph implies: what the release is made of now may go on, and little of it may change.

Owners loosen or tighten it by editing before anybody signs.
"""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from glob import escape

from pedigree.step.digests import tree_digest
from pedigree.trust.graph import BASE_MODEL, Graph, Node
from pedigree.trust.plan import GATES, STAY, SUITE, TIGHTEN, File, Plan, Source, Stage, parse_plan


def propose(graph: Graph, approvals: tuple[str, ...], before: Plan | None = None, note: str = "") -> Plan:
    """A plan under which this graph is a release, and others that differ in what retraining changes.

    Files under version control may change: hyperparameters, training data, the card. Pinned are the files of base
    models and of sealed sets, because they are what the figures of a release are compared by. Gates may tighten. Where
    there is a plan before, what that lets change may change again.

    Args:
        graph: What the release is made of.
        approvals: Roles that must have approved each base model, where no plan before says it.
        before: The plan that this one will replace.
        note: What is said of it, in words.

    Raises:
        MalformedEvidence: The graph holds what no plan can hold.
    """
    known = {stage.name: stage for stage in before.stages} if before else {}
    stages = tuple(_stage(node, known.get(name)) for name, node in graph.nodes.items())
    address, version = graph.nodes[graph.release].address, before.version + 1 if before else 1
    plan = Plan(address, graph.release, version, note, before.approvals if before else approvals, stages)
    return parse_plan(plan.to_json(), f"the plan of {address}")


def withdrawal(before: Plan, note: str) -> Plan:
    """The version after a plan by which its owners say that the release has none any more."""
    return replace(before, version=before.version + 1, note=note, step="", stages=(), layout="")


def _stage(node: Node, before: Stage | None) -> Stage:
    is_suite = node.kind == SUITE
    sources = before.sources if before else {}
    return Stage(
        name=node.name,
        address=node.address,
        kind=node.kind,
        module=node.module,
        lock=node.lock,
        reproducibility=node.reproducibility,
        settings={key: value for key, value in node.config.items() if not (is_suite and key == GATES)},
        free=before.free if before else (),
        gates=node.config.get(GATES, {}) if is_suite else {},
        gates_may=before.gates_may if before else TIGHTEN if is_suite else STAY,
        inputs={role: origin for role, origin in node.inputs.items() if origin},
        sources={role: _source(node, role, sources.get(role)) for role, origin in node.inputs.items() if not origin},
        base=tree_digest(node.supplied()) if node.kind == BASE_MODEL else "",
    )


def _source(node: Node, role: str, before: Source | None) -> Source:
    may_change = node.kind != BASE_MODEL and node.config.get("sealed") is not True
    known = before.files if before else {}
    files: dict[str, File] = {}
    for path, sha256 in node.role(role).items():
        pattern = next((pattern for pattern in sorted(known) if fnmatchcase(path, pattern)), escape(path))
        rule = known.get(pattern, File(sha256, may_change))
        files[pattern] = replace(rule, sha256=sha256) if pattern == escape(path) else rule
    return Source(node.prefixes.get(role, ""), files)
