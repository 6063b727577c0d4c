"""Which names of a template are lists of messages or tools, and which are one of them, wherever they get a value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from jinja2 import nodes

LISTS = frozenset(("documents", "messages", "tools"))
# A document may be a text: whether something is in it is a question about its words.
_OF_OBJECTS = frozenset(("messages", "tools"))


class Messages:
    """Names that are lists of messages, or one message.

    Args:
        assigned: Name -> the expressions that it is set to; None for what is no expression.
        looped: Name -> the expressions that loops take it from.
    """

    def __init__(
        self, assigned: Mapping[str, Sequence[nodes.Node | None]], looped: Mapping[str, Sequence[nodes.Node]]
    ) -> None:
        self._bases: dict[int, str | None] = {}
        bases = {name: [self._base(value) for value in values] for name, values in assigned.items()}
        for name in looped:
            bases.setdefault(name, []).append(None)
        self._lists = _greatest(bases, LISTS)
        self._objects = _greatest(bases, _OF_OBJECTS)
        elements = {name: [self._element(value) for value in values] for name, values in assigned.items()}
        for name, values in looped.items():
            elements.setdefault(name, []).extend("" if self._is_of_objects(value) else None for value in values)
        self._elements = _greatest(elements, frozenset(("",)))

    def is_list(self, node: nodes.Node | None) -> bool:
        """Whether it is a list of messages, or some of its elements: how many there are says nothing of their words."""
        return self._base(node) in self._lists

    def is_one(self, node: nodes.Node) -> bool:
        """Whether it is one message, or one tool: what keys it has says nothing of its words."""
        return self._element(node) in self._elements

    def _is_of_objects(self, node: nodes.Node) -> bool:
        return self._base(node) in self._objects

    def _element(self, node: nodes.Node | None) -> str | None:
        """The name that it is the same as; empty when it is an element of a list."""
        if isinstance(node, nodes.Name):
            return node.name
        one = isinstance(node, nodes.Getitem) and not isinstance(node.arg, nodes.Slice)
        return "" if one and isinstance(node, nodes.Getitem) and self._is_of_objects(node.node) else None

    def _base(self, node: nodes.Node | None) -> str | None:
        """The name of the list of which it is some elements; None when it is something else."""
        chain = []
        while node is not None and id(node) not in self._bases and _is_part(node):
            chain.append(node)
            node = node.node if isinstance(node, (nodes.Getitem, nodes.Filter)) else None
        base = node.name if isinstance(node, nodes.Name) else self._bases.get(id(node))
        self._bases.update((id(part), base) for part in chain)
        return base


def _is_part(node: nodes.Node) -> bool:
    """Whether it is some elements of a list, which are what the list's elements are."""
    if isinstance(node, nodes.Filter):
        return node.name in ("list", "reverse", "selectattr", "rejectattr")
    return isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Slice)


def _greatest(values: Mapping[str, Sequence[str | None]], given: frozenset[str]) -> set[str]:
    """The names all of whose values are given, or are such names: all, less what leads to something else."""
    used = defaultdict(list)
    for name, sources in values.items():
        for source in sources:
            used[source].append(name)
    unknown = {source for source in used if source is not None and source not in values and source not in given}
    waiting: list[str | None] = [None, *unknown]
    good = {name for name, sources in values.items() if sources} | given
    while waiting:
        for name in used.pop(waiting.pop(), ()):
            if name in good:
                good.remove(name)
                waiting.append(name)
    return good
