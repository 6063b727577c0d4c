"""Where the nodes of a lineage stand: layers from left to right, computed in whole numbers alone.

A step stands as far right as what consumes it allows. An edge over several layers passes through a point in each of
them, which takes part in the ordering, so that edges go between nodes rather than through them. Where that would make
more points than the drawing can hold, long edges are drawn straight, behind the nodes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

WIDTH, HEIGHT = 208, 58
_COLUMN, _GAP, _POINT = 304, 22, 14
_MARGIN = 24
_SWEEPS = 12
_POINTS_AT_LEAST = 2000


@dataclass(frozen=True)
class Drawing:
    """A placed graph.

    Attributes:
        width: Of the whole drawing.
        height: Of the whole drawing.
        nodes: Name -> left upper corner of its box.
        edges: (from, to) -> points from the right side of one box to the left side of the other; two for each column
            that it crosses, none if it is drawn straight.
    """

    width: int
    height: int
    nodes: Mapping[str, tuple[int, int]]
    edges: Mapping[tuple[str, str], tuple[tuple[int, int], ...]]


def draw(names: Sequence[str], edges: Sequence[tuple[str, str]]) -> Drawing:
    """Place the nodes of a graph without circles, in a time that grows as their number times its logarithm.

    Args:
        names: The nodes, each after those that have an edge to it.
        edges: (from, to), without repetition.
    """
    layer = _layers(names, edges)
    longest = _longest([layer[end] - layer[start] for start, end in edges], _POINTS_AT_LEAST + len(names) + len(edges))
    chains = {(start, end): _chain(start, end, layer, longest) for start, end in edges}
    columns: list[list[str]] = [[] for _ in range(max(layer.values()) + 1)]
    for name in names:
        columns[layer[name]].append(name)
    for (start, _), chain in chains.items():
        for step, point in enumerate(chain[1:-1], 1):
            columns[layer[start] + step].append(point)
    before: dict[str, list[str]] = {item: [] for column in columns for item in column}
    after: dict[str, list[str]] = {item: [] for item in before}
    for chain in chains.values():
        for one, two in pairwise(chain):  # an edge that is drawn straight pulls its ends together as well
            before[two].append(one)
            after[one].append(two)
    middle = _settle(columns, before, after, set(names))
    top = min(middle[name] for name in before) - HEIGHT // 2 - _MARGIN
    middle = {item: at - top for item, at in middle.items()}
    left = {item: _MARGIN + index * _COLUMN for index, column in enumerate(columns) for item in column}
    return Drawing(
        width=_MARGIN * 2 + (len(columns) - 1) * _COLUMN + WIDTH,
        height=max(middle.values()) + HEIGHT // 2 + _MARGIN,
        nodes={name: (left[name], middle[name] - HEIGHT // 2) for name in names},
        edges={edge: _points(chain, left, middle) for edge, chain in chains.items()},
    )


def _layers(names: Sequence[str], edges: Sequence[tuple[str, str]]) -> dict[str, int]:
    ends: dict[str, list[str]] = {name: [] for name in names}
    for start, end in edges:
        ends[start].append(end)
    to_end: dict[str, int] = {}
    for name in reversed(names):
        to_end[name] = max((to_end[end] + 1 for end in ends[name]), default=0)
    deepest = max(to_end.values())
    return {name: deepest - to_end[name] for name in names}


def _longest(spans: Sequence[int], points: int) -> int:
    """The longest span of edges that may pass through a point in each column, if there may be so many points in all."""
    for span in sorted(spans):
        points -= span - 1
        if points < 0:
            return span - 1
    return max(spans, default=0)


def _chain(start: str, end: str, layer: Mapping[str, int], longest: int) -> list[str]:
    between = range(layer[start] + 1, layer[end]) if layer[end] - layer[start] <= longest else ()
    return [start, *(f"{start}\0{end}\0{at}" for at in between), end]


def _settle(
    columns: list[list[str]], before: Mapping[str, list[str]], after: Mapping[str, list[str]], boxes: set[str]
) -> dict[str, int]:
    """Order each column by the middle of its neighbours, in turn from the left and from the right, then even out."""
    middle: dict[str, int] = {}
    for column in columns:
        middle.update(_stack(column, dict.fromkeys(column, 0), boxes))
    for sweep in range(_SWEEPS):
        forward = sweep % 2 == 0
        near = before if forward else after
        for column in columns if forward else reversed(columns):
            wanted = {item: _mean([middle[other] for other in near[item]], middle[item]) for item in column}
            column.sort(key=lambda item: (wanted[item], middle[item], item))
            middle.update(_stack(column, wanted, boxes))
    return middle


def _stack(column: Sequence[str], wanted: Mapping[str, int], boxes: set[str]) -> dict[str, int]:
    """Put items below each other without overlap, each as near to where it is wanted as a shared shift allows."""
    placed: dict[str, int] = {}
    bottom: int | None = None
    for item in column:
        half = (HEIGHT + _GAP) // 2 if item in boxes else (_POINT + _GAP // 2) // 2
        at = wanted[item] if bottom is None else max(wanted[item], bottom + half)
        placed[item], bottom = at, at + half
    shift = _mean([placed[item] - wanted[item] for item in column], 0)
    return {item: at - shift for item, at in placed.items()}


def _mean(values: Sequence[int], otherwise: int) -> int:
    return sum(values) // len(values) if values else otherwise


def _points(chain: Sequence[str], left: Mapping[str, int], middle: Mapping[str, int]) -> tuple[tuple[int, int], ...]:
    entries = [(left[item], middle[item]) for item in chain]
    exits = [(x + WIDTH, y) for x, y in entries]
    inner = [point for both in zip(entries[1:-1], exits[1:-1], strict=True) for point in both]
    return (exits[0], *inner, entries[-1])
