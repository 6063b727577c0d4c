"""The graph of a release, for questions about it: what derives from what, and by which way."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pedigree.trust.errors import MalformedEvidence
from pedigree.trust.lineage import SCHEMA
from pedigree.trust.statement import is_sha256

_TEXTS = ("name", "address", "kind", "builder", "reproducibility", "artifact", "provenance")
_NOT_NAMES = frozenset({"", ".", ".."})


@dataclass(frozen=True)
class Graph:
    """The steps of one release and what each consumed.

    Attributes:
        release: Address of the release.
        root: Digest of the lineage.
        steps: Name -> what `lineage.json` says of the step, each after those that it consumed.
        edges: (from, to, role), in the order of the document.
        standing: How the release stands to its plan, in words; empty in the first versions of the format.
    """

    release: str
    root: str
    steps: Mapping[str, Mapping[str, Any]]
    edges: tuple[tuple[str, str, str], ...]
    standing: str = ""

    @cached_property
    def consumed(self) -> dict[str, list[str]]:
        """Step -> steps that it consumed, sorted."""
        return self._neighbours((end, start) for start, end, _ in self.edges)

    @cached_property
    def consumers(self) -> dict[str, list[str]]:
        """Step -> steps that consumed it, sorted."""
        return self._neighbours((start, end) for start, end, _ in self.edges)

    def _neighbours(self, pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
        found: dict[str, set[str]] = {name: set() for name in self.steps}
        for one, other in pairs:
            found[one].add(other)
        return {name: sorted(others) for name, others in found.items()}

    def only(self, names: Iterable[str]) -> Graph:
        """The part of the graph that these steps form."""
        kept = set(names)
        steps = {name: step for name, step in self.steps.items() if name in kept}
        edges = tuple(edge for edge in self.edges if edge[0] in kept and edge[1] in kept)
        return Graph(self.release, self.root, steps, edges, self.standing)


def descendants(graph: Graph, starts: Iterable[str]) -> dict[str, str | None]:
    """Every step that derives from any of `starts`, and those -> the step before it on a shortest way, or None."""
    return _reached(graph.consumers, starts)


def ancestors(graph: Graph, starts: Iterable[str]) -> dict[str, str | None]:
    """Every step that any of `starts` was made from, and those -> the step before it on a shortest way, as above."""
    return _reached(graph.consumed, starts)


def way(name: str, reached: Mapping[str, str | None]) -> tuple[str, ...]:
    """A shortest way from a start to a step, both included.

    >>> way("release", {"data": None, "model": "data", "release": "model"})
    ('data', 'model', 'release')
    """
    steps = [name]
    while (before := reached[steps[-1]]) is not None:
        steps.append(before)
    return tuple(reversed(steps))


def _reached(neighbours: Mapping[str, list[str]], starts: Iterable[str]) -> dict[str, str | None]:
    reached: dict[str, str | None] = dict.fromkeys(sorted(starts))
    waiting = deque(reached)
    while waiting:
        name = waiting.popleft()
        for other in neighbours[name]:
            if other not in reached:
                reached[other] = name
                waiting.append(other)
    return reached


def read_graph(document: Any) -> Graph:
    """The graph that `lineage.json` holds.

    Raises:
        MalformedEvidence: It has not the shape of one, names a step twice or by what could not be the name of a file, a
            digest is none, or an edge leads nowhere or backwards.
    """
    try:
        if document["schema"] != SCHEMA:
            raise MalformedEvidence(f"the lineage is not a {SCHEMA} document")
        standing = document.get("standing", "")
        texts = [
            document["release"],
            document["root"],
            standing,
            *(step[name] for step in document["steps"] for name in _TEXTS),
        ]
        edges = tuple((edge["from"], edge["to"], edge["role"]) for edge in document["edges"])
        steps = {step["name"]: step for step in document["steps"]}
        place = {name: at for at, name in enumerate(steps)}
        fits = all(place[start] < place[end] for start, end, _ in edges)
        fits = fits and all(isinstance(step["products"], dict) for step in steps.values())
    except (KeyError, TypeError, AttributeError) as error:
        raise MalformedEvidence(f"the lineage has not the shape of one: {error!r}") from error
    if not all(isinstance(text, str) for text in (*texts, *(role for _, _, role in edges))):
        raise MalformedEvidence("the lineage names something by what is not text")
    if not all(map(is_sha256, (document["root"], *(step["artifact"] for step in steps.values())))):
        raise MalformedEvidence("a digest in the lineage is not one SHA-256 in lower-case hex")
    # Names of steps are parts of paths.
    for name in steps:
        if name in _NOT_NAMES or "/" in name or not name.isprintable():
            raise MalformedEvidence(f"the lineage names a step {name!r}, which cannot be the name of a file")
    if not steps or not fits or len(steps) != len(document["steps"]):
        raise MalformedEvidence("the lineage has no step, one twice, or an edge that leads backwards")
    return Graph(document["release"], document["root"], steps, edges, standing)
