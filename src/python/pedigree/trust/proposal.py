"""The plan that a graph implies: what the release is made of now may go on, and little of it may change.

Owners loosen or tighten it by editing before anybody signs.
"""

from __future__ import annotations

from glob import escape

from pedigree.step.digests import tree_digest
from pedigree.trust.graph import BASE_MODEL, Graph, Node
from pedigree.trust.plan import GATES, STAY, SUITE, TIGHTEN, File, Plan, Source, Stage, parse_plan


def propose(graph: Graph, approvals: tuple[str, ...], version: int = 1, note: str = "") -> Plan:
    """A plan under which this graph is a release, and others that differ in what retraining changes.

    Files under version control may change: hyperparameters, training data, the card. Pinned are the files of base
    models and of sealed sets, because they are what the figures of a release are compared by. Gates may tighten.

    Args:
        graph: What the release is made of.
        approvals: Roles that must have approved each base model.
        version: Number of the plan.
        note: What is said of it, in words.

    Raises:
        MalformedEvidence: The graph holds what no plan can hold.
    """
    stages = tuple(_stage(node) for node in graph.nodes.values())
    address = graph.nodes[graph.release].address
    plan = Plan(address, graph.release, version, note, approvals, stages)
    return parse_plan(plan.to_json(), f"the plan of {address}")


def _stage(node: Node) -> Stage:
    is_suite = node.kind == SUITE
    return Stage(
        name=node.name,
        address=node.address,
        kind=node.kind,
        module=node.module,
        lock=node.lock,
        reproducibility=node.reproducibility,
        settings={key: value for key, value in node.config.items() if not (is_suite and key == GATES)},
        free=(),
        gates=node.config.get(GATES, {}) if is_suite else {},
        gates_may=TIGHTEN if is_suite else STAY,
        inputs={role: origin for role, origin in node.inputs.items() if origin},
        sources={role: _source(node, role) for role, origin in node.inputs.items() if not origin},
        base=tree_digest(node.supplied()) if node.kind == BASE_MODEL else "",
    )


def _source(node: Node, role: str) -> Source:
    may_change = node.kind != BASE_MODEL and node.config.get("sealed") is not True
    files = {escape(path): File(sha256, may_change) for path, sha256 in node.role(role).items()}
    return Source(node.prefixes.get(role, ""), files)
