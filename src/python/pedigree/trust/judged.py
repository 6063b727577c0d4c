"""What an evaluation was of, by the graph and not by what its test result says: which model, which suite, which sets.

A report is as good as the chain behind it. One that was made of another model, or by a suite that asks easier
questions, is validly signed as well; it must not be filed under this release.
"""

from __future__ import annotations

from collections.abc import Mapping

from pedigree.trust.errors import Refused
from pedigree.trust.evaluations import ROLE
from pedigree.trust.graph import Graph, Node
from pedigree.trust.plan import SUITE

_PREDICTIONS, _SETS, _MODEL, _SUITE = "predictions/", "sets/", "model", "suite"


def judges_of(graph: Graph) -> dict[str, Node]:
    """Suite, by the name under which the release shows it -> the step that judged."""
    release = graph.nodes[graph.release]
    return {
        role[len(ROLE) :]: _node(graph, origin)
        for role, origin in sorted(release.inputs.items())
        if role.startswith(ROLE)
    }


def suite_of(graph: Graph, judge: Node) -> Node:
    """The suite that a judge judged by.

    Raises:
        Refused: It judged by none.
    """
    suite = _node(graph, judge.inputs.get(_SUITE, ""))
    if suite.kind != SUITE:
        raise Refused(f"'{judge.name}' judged by '{suite.address}', which is no suite")
    return suite


def require_of_this_release(graph: Graph, shown_as: str, judge: Node, subjects: Mapping[str, str]) -> None:
    """Refuse an evaluation of another model, by another suite, or on other sets than the release shows it as.

    Args:
        graph: The release.
        shown_as: The name under which it shows the suite.
        judge: The step that judged.
        subjects: File -> sha256 of what the test result says it is about.

    Raises:
        Refused: It is one.
    """
    suite = suite_of(graph, judge)
    if suite_name(suite.address) != shown_as:
        raise Refused(f"what is shown as suite '{shown_as}' was judged by '{suite.address}'")
    asked = [_node(graph, origin) for role, origin in sorted(judge.inputs.items()) if role.startswith(_PREDICTIONS)]
    for step in (judge, *asked):
        if _taken(step, _SETS) != _taken(suite, _SETS):
            raise Refused(f"'{step.name}' was given other sets than suite '{suite.address}' has")
    _require_model(graph, shown_as, judge, subjects)


def _require_model(graph: Graph, shown_as: str, judge: Node, subjects: Mapping[str, str]) -> None:
    released = graph.nodes[graph.release].inputs.get(_MODEL, "")
    answered = _node(graph, judge.inputs[_last_stage(judge)])
    model = answered.inputs.get(_MODEL, "")
    if not released or model != released:
        raise Refused(f"suite '{shown_as}' judged the answers of '{model}', and the release holds '{released}'")
    if answered.role(_MODEL) != subjects:
        raise Refused(f"the test result of suite '{shown_as}' is about other files than those that answered")


def suite_name(address: str) -> str:
    """The name under which a release shows a suite.

    >>> suite_name("evals/embedded-fw-c:review"), suite_name("evals/embedded-fw-c")
    ('review', 'embedded-fw-c')
    """
    return address.rpartition(":")[2].rpartition("/")[2]


def _last_stage(judge: Node) -> str:
    """The role of the answers that the gates are for: those of the last stage."""
    stages = [role for role in judge.inputs if role.startswith(_PREDICTIONS)]
    if not stages:
        raise Refused(f"'{judge.name}' judged no answers")
    return max(stages, key=lambda role: (len(role), role))


def _taken(node: Node, prefix: str) -> dict[str, str]:
    """Role -> step, of the roles below a prefix."""
    return {role: origin for role, origin in node.inputs.items() if role.startswith(prefix)}


def _node(graph: Graph, name: str) -> Node:
    if name not in graph.nodes:
        raise Refused(f"the release names the step '{name}', which it does not have")
    return graph.nodes[name]
