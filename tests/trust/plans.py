"""Graphs of the small release, changed as targets change, and plans that owners of the office sign."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from pedigree.trust.graph import Graph, Node, graph_of_records
from pedigree.trust.pair import draft_pair
from pedigree.trust.plan import Plan
from pedigree.trust.proposal import propose
from pedigree.trust.root import TrustRoot
from trust.builder import RELEASE_STEP, closure_of_demo
from trust.office import APPROVALS, Office


def demo_graph(variant: bytes = b"") -> Graph:
    """The graph of the small release, by its records."""
    return graph_of_records({record.name: record for record in closure_of_demo(variant)[0]}, RELEASE_STEP)


def before_the_build(graph: Graph) -> Graph:
    """What is known of a graph before anything ran."""
    nodes = {}
    for name, node in graph.nodes.items():
        supplied = tuple(f"inputs/{role}/" for role, origin in node.inputs.items() if not origin)
        materials = {path: sha256 for path, sha256 in node.materials.items() if path.startswith(supplied)}
        nodes[name] = replace(node, materials=materials, products={})
    return Graph(nodes, graph.release)


def planned_steps(graph: Graph) -> list[dict[str, Any]]:
    """The steps as the build writes them, before anybody vouches for a run."""
    nodes = graph.nodes.values()
    return [{field: value for field, value in asdict(node).items() if field != "vouched"} for node in nodes]


def changed(graph: Graph, name: str, **fields: Any) -> Graph:
    """A graph with one step changed."""
    return Graph({**graph.nodes, name: replace(graph.nodes[name], **fields)}, graph.release)


def configured(graph: Graph, name: str, **settings: Any) -> Graph:
    """A graph with other settings of one step."""
    return changed(graph, name, config={**graph.nodes[name].config, **settings})


def fed(graph: Graph, name: str, inputs: Mapping[str, str]) -> Graph:
    """A graph with one step taking more, or from elsewhere."""
    return changed(graph, name, inputs={**graph.nodes[name].inputs, **inputs})


def with_node(graph: Graph, node: Node) -> Graph:
    """A graph with one more step, before all others."""
    return Graph({node.name: node, **graph.nodes}, graph.release)


def without(graph: Graph, name: str) -> Graph:
    """A graph without a step, nor what others took from it."""
    nodes = {
        other: replace(node, inputs={role: origin for role, origin in node.inputs.items() if origin != name})
        for other, node in graph.nodes.items()
        if other != name
    }
    return Graph(nodes, graph.release)


def demo_plan(**fields: Any) -> Plan:
    """The plan that the small release implies."""
    return replace(propose(demo_graph(), APPROVALS), **fields)


def sign_plan(office: Office, plan: Plan, root: TrustRoot, *names: str) -> Plan:
    """Have owners sign a plan and its layout, and file both; the plan as it was signed."""
    pair = draft_pair(plan, root)
    for name in names:
        pair = pair.with_signature(office.signer(name))
    office.files.update(pair.to_files())
    return pair.plan
