"""What a template writes of its own: the markers that give a prompt its structure, and words."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from jinja2 import nodes

from pedigree.registry.scan.template_flow import Flow
from pedigree.registry.scan.template_graph import Graph

# <think>, </tool_call>, <|im_start|>, <<SYS>>, [INST], [/TOOL_RESULTS]; no sentence has such a form.
_MARKER = re.compile(r"<{1,2}/?[|｜]?[\w▁]{1,32}[|｜]?>{1,2}|\[/?[A-Z_]{1,32}\]")
_WORD = re.compile(r"\w")
_ASKING = frozenset(
    "count endswith find index lstrip partition removeprefix removesuffix rfind rpartition rsplit rstrip split "
    "startswith strip".split()
)
_SILENT = (nodes.Compare, nodes.Not, nodes.Test)
_PLAIN_FILTERS = frozenset(("indent", "tojson"))


@dataclass(frozen=True)
class Markers:
    """The markers of a template.

    Attributes:
        own: Those that it writes itself.
    """

    own: frozenset[str]

    def covers(self, text: str) -> bool:
        """Whether a text is one of them, or nothing but space."""
        return text.strip() in self.own or not text.strip()

    def words_in(self, text: str) -> bool:
        """Whether a text holds more than markers, space and signs."""
        return bool(_WORD.search(_MARKER.sub(lambda found: "" if found[0] in self.own else found[0], text)))


def own_markers(flow: Flow, apart: Collection[int] = frozenset()) -> Markers:
    """The markers that a template writes, with what closes or opens them, outside of some statements.

    Args:
        flow: The template.
        apart: Statements, by identity, in which it does not count what is written.
    """
    found: set[str] = set()
    waiting: list[nodes.Node] = [flow.tree]
    while waiting:
        node = waiting.pop()
        if id(node) not in apart:
            found.update(match[0] for match in _MARKER.finditer(text_of(node)))
            waiting += written_by(node)
    closing = {marker.replace("/", "", 1) for marker in found if marker[1:2] == "/"}
    opening = {marker[:1] + "/" + marker[1:] for marker in found if marker[1:2] not in ("/", "|", "｜", "<")}
    return Markers(frozenset(found | closing | opening))


def wordy(flow: Flow, markers: Markers) -> set[int | str]:
    """The nodes and names whose value, or what they write, holds words of the template's own."""
    graph = Graph()
    for node in flow.all:
        for part in written_by(node):
            graph.add(id(part), id(node))
        if isinstance(node, nodes.Name):
            graph.add(node.name, id(node))
        if isinstance(node, nodes.Getattr) and flow.inside(node):
            graph.add(flow.inside(node), id(node))
        if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in flow.macros:
            graph.add(node.node.name, id(node))
    for name, sources in flow.sources():
        for source in sources:
            graph.add(id(source), name)
    for name, macro in flow.macros.items():
        graph.add(id(macro), name)
    return graph.reached(id(node) for node in flow.all if markers.words_in(text_of(node)))


def text_of(node: nodes.Node) -> str:
    """The text that a node is, if it is one."""
    if isinstance(node, nodes.TemplateData):
        return node.data
    return node.value if isinstance(node, nodes.Const) and isinstance(node.value, str) else ""


def written_by(node: nodes.Node) -> list[nodes.Node]:
    """The parts of a node whose value becomes its value, or is written by it: no test, no place, no error message."""
    if isinstance(node, _SILENT):
        return []
    if isinstance(node, (nodes.If, nodes.For)):
        return [*node.body, *(node.elif_ if isinstance(node, nodes.If) else ()), *node.else_]
    if isinstance(node, nodes.CondExpr):
        return [node.expr1, *([node.expr2] if node.expr2 else [])]
    if isinstance(node, nodes.Getitem):
        return [node.node]
    if isinstance(node, nodes.Assign):
        return [node.node]
    if isinstance(node, nodes.Pair):
        return [node.key, node.value]  # who goes through a dictionary has its keys
    if isinstance(node, nodes.Filter) and node.name in _PLAIN_FILTERS:
        return [node.node] if node.node else []
    if isinstance(node, nodes.Call):
        return list(_written_by_call(node))
    return list(node.iter_child_nodes())


def _written_by_call(node: nodes.Call) -> Iterator[nodes.Node]:
    if isinstance(node.node, nodes.Name) and node.node.name in ("raise_exception", "strftime_now"):
        return
    name = node.node.attr if isinstance(node.node, nodes.Getattr) else ""
    yield node.node
    if name not in _ASKING:
        yield from node.args[1:] if name == "get" else node.args
        yield from (pair.value for pair in node.kwargs)
