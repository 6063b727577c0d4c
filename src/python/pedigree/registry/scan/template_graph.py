"""What follows from what in a template: a graph whose places are syntax nodes, by identity, and names of variables.

Each question that is asked of a template (does a message say it, is a piece of it cut off, did a marker decide it, are
there words in it) is one walk over such a graph, so that a template takes no longer than it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from jinja2 import nodes

Place = int | str


class Graph:
    """Edges from a place to those that have from it what it has.

    Attributes:
        steps: How many edges were walked since it was made: what its walks have cost.
    """

    def __init__(self) -> None:
        self._edges: dict[Place, list[Place]] = defaultdict(list)
        self.steps = 0

    def add(self, source: Place, target: Place) -> None:
        """What the source has, the target has."""
        self._edges[source].append(target)

    def reached(self, seeds: Iterable[Place]) -> set[Place]:
        """The seeds, and all that has from them what they have."""
        found = set(seeds)
        waiting = list(found)
        while waiting:
            for target in self._edges.get(waiting.pop(), ()):
                self.steps += 1
                if target not in found:
                    found.add(target)
                    waiting.append(target)
        return found


def walk(tree: nodes.Node) -> Iterator[nodes.Node]:
    """All nodes of a tree, each before those below it, however deep it is."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(list(node.iter_child_nodes())))
