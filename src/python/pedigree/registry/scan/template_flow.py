"""Where the values of a template's variables come from, and whether what a message says is in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TypeVar

from jinja2 import nodes

from pedigree.registry.scan.template_graph import Graph, Place, walk
from pedigree.registry.scan.template_messages import LISTS, Messages

# What a template is given of a conversation, and where macros and loops find it again.
_DATA = LISTS | {"caller", "kwargs", "varargs"}
_NEIGHBOURS = ("nextitem", "previtem")
_STRUCTURE = frozenset(("role", "type"))
TYPE_TESTS = frozenset(
    "boolean defined false integer iterable mapping none number sequence string true undefined".split()
)
_COUNTERS = ("length", "count")
_TEXT = "what a message says"  # no name of a variable has a space in it
_Node = TypeVar("_Node", bound=nodes.Node)
_MOST_TEXTS = 10_000  # nodes that are looked through for constants to show


class Flow:
    """Where the values of a template's variables come from.

    Attributes:
        tree: The template.
        all: Its nodes, each before those below it.
        macros: Its macros, by name.
        graph: What has its value from what.
    """

    def __init__(self, tree: nodes.Template) -> None:
        self.tree = tree
        self.all = list(walk(tree))
        self.macros = {macro.name: macro for macro in self._of(nodes.Macro)}
        self._sources: dict[str, list[nodes.Node]] = defaultdict(list)
        self._assigned: dict[str, list[nodes.Node | None]] = defaultdict(list)
        self._looped: dict[str, list[nodes.Node]] = defaultdict(list)
        self._loops = dict(_loop_names(tree))
        self._bodies = dict(self._filtered())
        self._collect()
        self._messages = Messages(self._assigned, self._looped)
        self._trusts_structure = True
        self._settle()
        if self._counterfeits():
            self._trusts_structure = False
            self._settle()

    def reads(self, node: nodes.Node | None) -> bool:
        """Whether the value of an expression depends on what a message says."""
        return id(node) in self._reading

    def reads_below(self, node: nodes.Node) -> bool:
        """Whether a part of an expression depends on what a message says."""
        return any(self.reads(child) for child in node.iter_child_nodes())

    def filters_text(self, node: nodes.Filter) -> bool:
        """Whether what a filter is given, by an expression or by its block, depends on what a message says."""
        return any(self.reads(part) for part in self.filtered(node))

    def filtered(self, node: nodes.Filter) -> list[nodes.Node]:
        """What a filter is given."""
        return [node.node] if node.node else self._bodies.get(id(node), [])

    def sources(self) -> Iterator[tuple[str, list[nodes.Node]]]:
        """Each name with what it is set to."""
        yield from self._sources.items()

    def inside(self, node: nodes.Getattr) -> str:
        """The name of an attribute that the template sets itself, as `ns.found`; empty for others."""
        name = f"{node.node.name}.{node.attr}" if isinstance(node.node, nodes.Name) else ""
        return name if name in self._sources else ""

    def texts(self, node: nodes.Node) -> tuple[str, ...]:
        """The constant texts in an expression and in the variables that it names, sorted."""
        found: set[str] = set()
        waiting, seen, left = [node], set(), _MOST_TEXTS
        while waiting and left:
            left -= 1
            inner = waiting.pop()
            if isinstance(inner, nodes.Const) and isinstance(inner.value, str):
                found.add(inner.value)
            if isinstance(inner, nodes.Name) and inner.name not in seen:
                seen.add(inner.name)
                waiting += [source for source in self._sources.get(inner.name, ()) if not self.reads(source)]
            waiting += inner.iter_child_nodes()
        return tuple(sorted(found - {"content", "text"}))

    def is_messages(self, node: nodes.Node | None) -> bool:
        """Whether it is a list of messages, or a part of one: how many there are is no question about their words."""
        return self._messages.is_list(node)

    def is_message(self, node: nodes.Node) -> bool:
        """Whether it is one message or tool as a whole."""
        return self._messages.is_one(node)

    def selects_structure(self, node: nodes.Filter) -> bool:
        """Whether it is `selectattr("role", ...)`."""
        first = node.args[0] if node.args else None
        by_key = isinstance(first, nodes.Const) and first.value in _STRUCTURE
        return self._trusts_structure and by_key and node.name in ("selectattr", "rejectattr")

    def _of(self, kind: type[_Node]) -> list[_Node]:
        return [node for node in self.all if isinstance(node, kind)]

    def _collect(self) -> None:
        """What each name is set to."""
        for node in self.all:
            if isinstance(node, nodes.AssignBlock):
                self._name(node.target, [*node.body, *([node.filter] if node.filter else [])], None)
            elif isinstance(node, nodes.Assign):
                self._name(node.target, [node.node], node.node)
                self._name_inside(node.target, node.node)
            elif isinstance(node, nodes.Call):
                self._pass_arguments(node)
            elif isinstance(node, nodes.CallBlock):
                # What a macro calls its caller with may be anything that the macro was given.
                for parameter in node.args:
                    self._set(parameter.name, nodes.Name("caller", "load"), None)
        for loop in self._of(nodes.For):
            for name in _names(loop.target):
                self._sources[name].append(loop.iter)
                self._looped[name].append(loop.iter)
        for target, loop in _set_in_loops(self.tree):
            # What is set from inside a loop to last beyond it can count the turns.
            for name in (f"{target.name}.{target.attr}", target.name):
                self._sources[name].append(self._turns(loop))

    def _name(self, target: nodes.Node, sources: list[nodes.Node], value: nodes.Node | None) -> None:
        names = [f"{target.name}.{target.attr}", target.name] if isinstance(target, nodes.NSRef) else _names(target)
        for name in names:
            self._sources[name] += sources
            self._assigned[name].append(value if isinstance(target, nodes.Name) else None)

    def _set(self, name: str, source: nodes.Node, value: nodes.Node | None) -> None:
        self._sources[name].append(source)
        self._assigned[name].append(value)

    def _name_inside(self, target: nodes.Node, value: nodes.Node) -> None:
        """`set ns = namespace(a=...)` gives each of its attributes a source of its own."""
        if isinstance(target, nodes.Name) and isinstance(value, nodes.Call):
            for pair in value.kwargs:
                self._set(f"{target.name}.{pair.key}", pair.value, None)

    def _pass_arguments(self, call: nodes.Call) -> None:
        macro = self.macros.get(call.node.name) if isinstance(call.node, nodes.Name) else None
        if macro is None:
            return
        for parameter, value in zip(macro.args, call.args):
            self._set(parameter.name, value, value)
        for pair in call.kwargs:
            self._set(pair.key, pair.value, pair.value)

    def _turns(self, loop: nodes.For) -> nodes.Name:
        """The `loop` of a loop, as if it were named."""
        name = nodes.Name("loop", "load")
        self._loops[id(name)] = loop
        return name

    def _settle(self) -> None:
        """Find all whose value depends on what a message says."""
        self.graph = Graph()
        told = [source for sources in self._sources.values() for source in sources]
        for node in {id(node): node for node in [*self.all, *told]}.values():
            for place in self._from(node):
                self.graph.add(place, id(node))
        for name, sources in self._sources.items():
            for source in sources:
                self.graph.add(id(source), name)
        for name, macro in self.macros.items():
            for child in macro.iter_child_nodes():
                self.graph.add(id(child), name)
        self._reading = self.graph.reached([_TEXT])

    def _from(self, node: nodes.Node) -> Iterator[Place]:
        """The places that a node reads what a message says from, if they do."""
        if isinstance(node, nodes.Name):
            yield from self._from_name(node)
            return
        if self._is_structure(node) or (isinstance(node, nodes.Test) and node.name in TYPE_TESTS):
            return
        if isinstance(node, nodes.Getattr) and (node.attr in _NEIGHBOURS or self.inside(node)):
            yield _TEXT if node.attr in _NEIGHBOURS else self.inside(node)
            return
        if isinstance(node, nodes.Filter):
            if node.name in _COUNTERS and self.is_messages(node.node):
                return
            yield from map(id, self.filtered(node))
        if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in self.macros:
            yield node.node.name
        yield from map(id, node.iter_child_nodes())

    def _from_name(self, node: nodes.Name) -> Iterator[Place]:
        yield _TEXT if node.name in _DATA else node.name
        loop = self._loops.get(id(node))
        if loop is not None and not self.is_messages(loop.iter):
            # The `loop` of a loop over a text knows how long the text is.
            yield id(loop.iter)

    def _counterfeits(self) -> bool:
        """Whether the template makes something whose `role` or `type` is what a message says."""
        for node in self.all:
            if isinstance(node, nodes.Pair):
                plain = isinstance(node.key, nodes.Const) and node.key.value not in _STRUCTURE
                if not plain and self.reads(node.value):
                    return True
            if isinstance(node, nodes.Keyword) and node.key in _STRUCTURE and self.reads(node.value):
                return True
            if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name):
                makes = node.node.name in ("dict", "namespace")
                if makes and any(map(self.reads, node.args)):
                    return True
        named = (name for name in self._sources if name in self._reading)
        return any(name.rpartition(".")[2] in _STRUCTURE and "." in name for name in named)

    def _is_structure(self, node: nodes.Node) -> bool:
        """Whether it asks who speaks, or what kind of part this is: `x.role`, `x['role']`, `x.get('role')`."""
        if not self._trusts_structure:
            return False
        if isinstance(node, nodes.Getattr):
            return node.attr in _STRUCTURE
        if isinstance(node, nodes.Getitem):
            return isinstance(node.arg, nodes.Const) and node.arg.value in _STRUCTURE
        if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr) and node.node.attr == "get":
            return bool(node.args) and isinstance(node.args[0], nodes.Const) and node.args[0].value in _STRUCTURE
        return False

    def _filtered(self) -> Iterator[tuple[int, list[nodes.Node]]]:
        """The first filter of each block that is filtered, with the body that it is given."""
        blocks: list[nodes.FilterBlock | nodes.AssignBlock]
        blocks = [*self._of(nodes.FilterBlock), *self._of(nodes.AssignBlock)]
        for block in blocks:
            first: nodes.Node | None = block.filter
            while isinstance(first, nodes.Filter) and first.node is not None:
                first = first.node
            if isinstance(first, nodes.Filter):
                yield id(first), block.body


def _names(target: nodes.Node) -> list[str]:
    return [node.name for node in walk(target) if isinstance(node, nodes.Name)]


def _loop_names(tree: nodes.Template) -> Iterator[tuple[int, nodes.For]]:
    """Each use of `loop`, with the loop that it is of."""
    for node, loops in _with_loops(tree):
        if isinstance(node, nodes.Name) and node.name == "loop" and loops:
            yield id(node), loops[-1]


def _set_in_loops(tree: nodes.Template) -> Iterator[tuple[nodes.NSRef, nodes.For]]:
    """Each attribute that is set in a loop, with each loop around it."""
    for node, loops in _with_loops(tree):
        if isinstance(node, (nodes.Assign, nodes.AssignBlock)) and isinstance(node.target, nodes.NSRef):
            yield from ((node.target, loop) for loop in loops)


def _with_loops(tree: nodes.Template) -> Iterator[tuple[nodes.Node, tuple[nodes.For, ...]]]:
    """Each node, with the loops in whose bodies it stands."""
    waiting: list[tuple[nodes.Node, tuple[nodes.For, ...]]] = [(tree, ())]
    while waiting:
        node, loops = waiting.pop()
        yield node, loops
        body: Iterable[nodes.Node] = node.body if isinstance(node, nodes.For) else ()
        own = {id(part) for part in body}
        for child in node.iter_child_nodes():
            inside = isinstance(node, nodes.For) and id(child) in own
            waiting.append((child, (*loops, node) if inside and isinstance(node, nodes.For) else loops))
