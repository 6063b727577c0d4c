"""Where the values of a template's variables come from, and whether what a message says is in them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from jinja2 import nodes

_LISTS = frozenset(("documents", "messages", "tools"))
# What a template is given of a conversation, and where macros and loops find it again.
_DATA = _LISTS | {"caller", "kwargs", "varargs"}
_NEIGHBOURS = ("nextitem", "previtem")
_STRUCTURE = frozenset(("role", "type"))
TYPE_TESTS = frozenset(
    "boolean defined false integer iterable mapping none number sequence string true undefined".split()
)
_COUNTERS = ("length", "count")


class Flow:
    """Where the values of a template's variables come from."""

    def __init__(self, tree: nodes.Template) -> None:
        self._sources: dict[str, list[nodes.Node]] = defaultdict(list)
        self._loops = {id(name): loop for name, loop in _loop_names(tree)}
        self._macros = {macro.name: macro for macro in tree.find_all(nodes.Macro)}
        for assign in tree.find_all((nodes.Assign, nodes.AssignBlock, nodes.For)):
            self._assign(assign)
        for call in tree.find_all(nodes.Call):
            self._pass_arguments(call)
        for block in tree.find_all(nodes.CallBlock):
            # What a macro calls its caller with may be anything that the macro was given.
            for parameter in block.args:
                self._sources[parameter.name].append(nodes.Name("caller", "load"))
        self._bodies = {id(first): body for first, body in _filtered(tree)}
        self._lists = self._messages()
        self._trusts_structure = True
        self._reading = self._settle()
        if self._counterfeits(tree):
            self._trusts_structure = False
            self._reading = self._settle()

    def reads(self, node: nodes.Node | None) -> bool:
        """Whether the value of an expression depends on what a message says."""
        if node is None or isinstance(node, nodes.Const):
            return False
        if isinstance(node, nodes.Name):
            return node.name in _DATA or node.name in self._reading or self._counts_text(node)
        if self._is_structure(node):
            return False
        if isinstance(node, nodes.Getattr) and node.attr in _NEIGHBOURS:
            return True
        if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name):
            inside = f"{node.node.name}.{node.attr}"
            if inside in self._sources:
                return inside in self._reading
        if isinstance(node, nodes.Test) and node.name in TYPE_TESTS:
            return False
        if isinstance(node, nodes.Filter) and node.name in _COUNTERS and self.is_messages(node.node):
            return False
        if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in self._macros:
            return node.node.name in self._reading or self.reads_below(node)
        if isinstance(node, nodes.Filter):
            return self.filters_text(node) or self.reads_below(node)
        return self.reads_below(node)

    def filters_text(self, node: nodes.Filter) -> bool:
        """Whether what a filter is given, by an expression or by its block, depends on what a message says."""
        return any(self.reads(part) for part in ([node.node] if node.node else self._bodies.get(id(node), [])))

    def texts(self, node: nodes.Node) -> tuple[str, ...]:
        """The constant texts in an expression and in the variables that it names, sorted."""
        found: set[str] = set()
        waiting, seen = [node], set()
        while waiting:
            inner = waiting.pop()
            if isinstance(inner, nodes.Const) and isinstance(inner.value, str):
                found.add(inner.value)
            if isinstance(inner, nodes.Name) and inner.name not in seen:
                seen.add(inner.name)
                waiting += [source for source in self._sources[inner.name] if not self.reads(source)]
            waiting += inner.iter_child_nodes()
        return tuple(sorted(found - {"content", "text"}))

    def reads_below(self, node: nodes.Node) -> bool:
        """Whether a part of an expression depends on what a message says."""
        return any(self.reads(child) for child in node.iter_child_nodes())

    def is_messages(self, node: nodes.Node | None) -> bool:
        """Whether it is a list of messages, or a part of one: how many there are is no question about their words."""
        while isinstance(node, (nodes.Getitem, nodes.Filter)) and _is_part(node):
            node = node.node
        return isinstance(node, nodes.Name) and node.name in self._lists

    def _messages(self) -> set[str]:
        """Names that are lists of messages wherever they get a value: more of them, until there are no more."""
        self._lists = {name for name in _LISTS if not self._sources.get(name)}
        waiting = {name: sources for name, sources in self._sources.items() if sources}
        while True:
            found = {name for name, sources in waiting.items() if all(map(self.is_messages, sources))}
            if not found:
                return self._lists
            self._lists = self._lists | found
            waiting = {name: sources for name, sources in waiting.items() if name not in found}

    def _counts_text(self, name: nodes.Name) -> bool:
        """Whether it is the `loop` of a loop over a text: it knows how long the text is."""
        loop = self._loops.get(id(name))
        return loop is not None and not self.is_messages(loop.iter) and self.reads(loop.iter)

    def _assign(self, node: nodes.Node) -> None:
        if isinstance(node, nodes.AssignBlock):
            self._name(node.target, [*node.body, *([node.filter] if node.filter else [])])
        elif isinstance(node, nodes.For):
            self._name(node.target, [node.iter])
            # What is set from inside a loop to last beyond it can count the turns.
            assigns: Iterable[Any] = node.find_all((nodes.Assign, nodes.AssignBlock))
            for assign in assigns:
                if isinstance(assign.target, nodes.NSRef):
                    self._name(assign.target, [self._turns(node)])
        elif isinstance(node, nodes.Assign):
            self._name(node.target, [node.node])
            self._name_inside(node.target, node.node)

    def _turns(self, loop: nodes.For) -> nodes.Name:
        """The `loop` of a loop, as if it were named."""
        name = nodes.Name("loop", "load")
        self._loops[id(name)] = loop
        return name

    def _name(self, target: nodes.Node, sources: list[nodes.Node]) -> None:
        if isinstance(target, nodes.NSRef):
            self._sources[f"{target.name}.{target.attr}"] += sources
            self._sources[target.name] += sources
        for name in [target, *target.find_all(nodes.Name)]:
            if isinstance(name, nodes.Name):
                self._sources[name.name] += sources

    def _name_inside(self, target: nodes.Node, value: nodes.Node) -> None:
        """`set ns = namespace(a=...)` gives each of its attributes a source of its own."""
        if isinstance(target, nodes.Name) and isinstance(value, nodes.Call):
            for pair in value.kwargs:
                self._sources[f"{target.name}.{pair.key}"].append(pair.value)

    def _pass_arguments(self, call: nodes.Call) -> None:
        macro = self._macros.get(call.node.name) if isinstance(call.node, nodes.Name) else None
        if macro is None:
            return
        for parameter, value in zip(macro.args, call.args):
            self._sources[parameter.name].append(value)
        for pair in call.kwargs:
            self._sources[pair.key].append(pair.value)

    def _settle(self) -> set[str]:
        """Names whose value depends on what a message says: more of them, until there are no more."""
        reading: set[str] = set()
        while True:
            self._reading = reading
            found = {name for name, sources in self._sources.items() if any(self.reads(source) for source in sources)}
            found |= {name for name, macro in self._macros.items() if self.reads_below(macro)}
            if found <= reading:
                return reading
            reading = reading | found

    def _counterfeits(self, tree: nodes.Template) -> bool:
        """Whether the template makes something whose `role` or `type` is what a message says."""
        for pair in tree.find_all(nodes.Pair):
            plain = isinstance(pair.key, nodes.Const) and pair.key.value not in _STRUCTURE
            if not plain and self.reads(pair.value):
                return True
        if any(keyword.key in _STRUCTURE and self.reads(keyword.value) for keyword in tree.find_all(nodes.Keyword)):
            return True
        for call in tree.find_all(nodes.Call):
            makes = isinstance(call.node, nodes.Name) and call.node.name in ("dict", "namespace")
            if makes and any(self.reads(argument) for argument in call.args):
                return True
        return any(name.rpartition(".")[2] in _STRUCTURE and "." in name for name in self._reading)

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

    def selects_structure(self, node: nodes.Filter) -> bool:
        """Whether it is `selectattr("role", ...)`."""
        first = node.args[0] if node.args else None
        by_key = isinstance(first, nodes.Const) and first.value in _STRUCTURE
        return self._trusts_structure and by_key and node.name in ("selectattr", "rejectattr")


def _is_part(node: nodes.Getitem | nodes.Filter) -> bool:
    """Whether it is some elements of a list, which are what the list's elements are."""
    if isinstance(node, nodes.Filter):
        return node.name in ("list", "reverse", "selectattr", "rejectattr")
    return isinstance(node.arg, nodes.Slice)


def _filtered(tree: nodes.Template) -> Iterator[tuple[nodes.Filter, list[nodes.Node]]]:
    """The first filter of each block that is filtered, with the body that it is given."""
    blocks: Iterable[Any] = tree.find_all((nodes.FilterBlock, nodes.AssignBlock))
    for block in blocks:
        first = block.filter
        while isinstance(first, nodes.Filter) and first.node is not None:
            first = first.node
        if isinstance(first, nodes.Filter):
            yield first, block.body


def _loop_names(tree: nodes.Template) -> Iterator[tuple[nodes.Name, nodes.For]]:
    """Each use of `loop`, with the loop that it is of."""
    waiting: list[tuple[nodes.Node, nodes.For | None]] = [(tree, None)]
    while waiting:
        node, loop = waiting.pop()
        if isinstance(node, nodes.Name) and node.name == "loop" and loop is not None:
            yield node, loop
        inside = node.body if isinstance(node, nodes.For) else []
        for child in node.iter_child_nodes():
            own = isinstance(node, nodes.For) and any(child is part for part in inside)
            waiting.append((child, node if own and isinstance(node, nodes.For) else loop))
