"""What the markers in a message decide: a template may take a message apart by its own markers, and no more.

`{% if '</think>' in message.content %}` is how thoughts are told from an answer, and would be a back door if words of
the template's own depended on it. So each place is found where what follows from such a question, through whatever
variables, macros and loops it goes, decides of words. What is a piece of a text, by its place, is told too: whether
there is a ninth letter is an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from jinja2 import nodes

from pedigree.registry.scan.template_flow import Flow
from pedigree.registry.scan.template_graph import Graph, Place
from pedigree.registry.scan.template_written import Markers, own_markers, wordy

Questions = Callable[[Markers], Iterable[nodes.Node]]


class Decided:
    """What questions about markers, and pieces of texts, decide.

    Attributes:
        markers: The template's own: those that it writes whatever a message says.
    """

    def __init__(self, flow: Flow, questions: Questions, pieces: Iterable[nodes.Node]) -> None:
        self._flow = flow
        self._graph = _consequences(flow)
        self._piece = self._graph.reached(map(id, pieces))
        everywhere = own_markers(flow)
        self._marked = self._graph.reached(map(id, questions(everywhere)))
        apart = {id(part) for _, parts in self._branches() for part in parts}
        # A marker that is only written where one was found is no more than a trigger.
        self.markers = own_markers(flow, apart)
        self._marked = self._graph.reached(map(id, questions(self.markers)))
        self._wordy = wordy(flow, self.markers)

    def follows(self, node: nodes.Node | None) -> bool:
        """Whether a value follows from a question about a marker."""
        return id(node) in self._marked

    @property
    def steps(self) -> int:
        """What it has cost to follow the answers, in steps from one place to another."""
        return self._graph.steps

    def is_piece(self, node: nodes.Node | None) -> bool:
        """Whether a value follows from a piece of a text: that there is a ninth letter is an answer."""
        return id(node) in self._piece

    def words(self) -> Iterator[nodes.Node]:
        """The places where a question about a marker decides of words."""
        for test, parts in self._branches():
            if self._have_words(parts):
                yield test
        for node in self._flow.all:
            if self._chooses(node):
                yield node
        for node, control in _controlled(self._flow):
            if isinstance(node, (nodes.Break, nodes.Continue)) and control in self._marked:
                yield node

    def _branches(self) -> Iterator[tuple[nodes.Node, Sequence[nodes.Node]]]:
        """Each test that follows from a question about a marker, with what it decides of."""
        for node in self._flow.all:
            if isinstance(node, nodes.If):
                yield from self._choices(node)
            elif isinstance(node, nodes.For):
                tests = (test for test in (node.iter, node.test) if self.follows(test))
                yield from ((test, [*node.body, *node.else_]) for test in tests if test is not None)
            elif isinstance(node, nodes.CondExpr) and self.follows(node.test):
                yield node.test, [node.expr1, *([node.expr2] if node.expr2 else [])]

    def _choices(self, node: nodes.If) -> Iterator[tuple[nodes.Node, Sequence[nodes.Node]]]:
        """What stands behind a test is decided by those before it, too."""
        deciding = None
        for choice in (node, *node.elif_):
            deciding = deciding or (choice.test if self.follows(choice.test) else None)
            if deciding is not None:
                yield deciding, choice.body
        if deciding is not None:
            yield deciding, node.else_

    def _chooses(self, node: nodes.Node) -> bool:
        """Whether an expression takes words, or leaves them, by the answer."""
        if isinstance(node, (nodes.And, nodes.Or)):
            pair = ((node.left, node.right), (node.right, node.left))
            return any(self.follows(one) and self._have_words([other]) for one, other in pair)
        if isinstance(node, nodes.Getitem):
            return self.follows(node.arg) and self._have_words([node.node])
        if isinstance(node, nodes.Filter) and node.node is not None:
            return any(map(self.follows, [*node.args, *node.kwargs])) and self._have_words([node.node])
        if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr):
            return any(map(self.follows, [*node.args, *node.kwargs])) and self._have_words([node.node.node])
        return False

    def _have_words(self, parts: Sequence[nodes.Node]) -> bool:
        return any(id(part) in self._wordy for part in parts)


def _consequences(flow: Flow) -> Graph:
    """What follows from what: by value, whatever is asked of it, and by being set where it was decided."""
    graph = Graph()
    for node in flow.all:
        inside = flow.inside(node) if isinstance(node, nodes.Getattr) else ""
        for part in () if inside else node.iter_child_nodes():
            graph.add(id(part), id(node))
        if inside:
            graph.add(inside, id(node))
        if isinstance(node, nodes.Name):
            graph.add(node.name, id(node))
        if isinstance(node, nodes.Filter):
            for part in flow.filtered(node):
                graph.add(id(part), id(node))
        if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name):
            graph.add(node.node.name, id(node))
    for name, sources in flow.sources():
        for source in sources:
            graph.add(id(source), name)
            if isinstance(source, nodes.Name):
                graph.add(source.name, id(source))
    for name, macro in flow.macros.items():
        graph.add(id(macro), name)
    for test, control in _tests(flow):
        graph.add(id(test), control)
    for node, control in _controlled(flow):
        for target in _set_by(node, flow):
            graph.add(control, target)
    return graph


def _set_by(node: nodes.Node, flow: Flow) -> Iterator[Place]:
    """What is decided where it is decided that a statement is run."""
    if isinstance(node, (nodes.If, nodes.For)):
        yield _control(node)
    if isinstance(node, (nodes.Assign, nodes.AssignBlock, nodes.For)):
        target = node.target
        if isinstance(target, nodes.NSRef):
            yield f"{target.name}.{target.attr}"
        yield from (name.name for name in [target, *target.find_all(nodes.Name)] if isinstance(name, nodes.Name))
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in flow.macros:
        yield _control(flow.macros[node.node.name])


def _control(node: nodes.Node) -> str:
    """The place of what is run or left in a statement; no name of a variable has a space in it."""
    return f"in {id(node)}"


def _controlled(flow: Flow) -> Iterator[tuple[nodes.Node, str]]:
    """Each node in a statement that may be left, with the innermost one."""
    waiting: list[tuple[nodes.Node, str]] = [(flow.tree, "")]
    while waiting:
        node, control = waiting.pop()
        if control:
            yield node, control
        inner = _control(node) if isinstance(node, (nodes.If, nodes.For, nodes.Macro)) else control
        waiting += [(child, inner) for child in node.iter_child_nodes()]


def _tests(flow: Flow) -> Iterator[tuple[nodes.Node, str]]:
    """Each test of a statement, with the statement that it decides of."""
    for node in flow.all:
        if isinstance(node, nodes.If):
            # What is left to `else` is decided by all tests before it.
            yield from ((choice.test, _control(node)) for choice in (node, *node.elif_))
        elif isinstance(node, nodes.For):
            yield from ((test, _control(node)) for test in (node.iter, node.test) if test is not None)
