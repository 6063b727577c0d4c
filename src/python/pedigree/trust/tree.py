"""A lineage as lines of text: each step, and below it what it was made from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pedigree.step.record import step_name
from pedigree.trust.lineage_graph import Graph

_DEEPEST = 30


def tree(graph: Graph, roots: Iterable[str]) -> Iterator[str]:
    """Lines of a tree from each of `roots` to what it was made from.

    What a step was made from stands below its first mention alone. Past 30 levels lines are no longer indented, but
    begin with the number of the level, so that a deep lineage takes no more than a wide one.
    """
    seen: set[str] = set()
    waiting = [(root, "", "", 0) for root in sorted(roots, reverse=True)]
    while waiting:
        name, before, branch, level = waiting.pop()
        known = name in seen
        again = " (see above)" if known and graph.consumed[name] else ""
        yield f"{before}{branch}{label(graph, name)}{again}"
        if known:
            continue
        seen.add(name)
        origins = graph.consumed[name]
        below = before + {"": "", "├── ": "│   ", "└── ": "    "}.get(branch, "")
        for origin in reversed(origins):
            if level < _DEEPEST:
                waiting.append((origin, below, "└── " if origin == origins[-1] else "├── ", level + 1))
            else:
                waiting.append((origin, "", f"[{level + 1}] ", level + 1))


def label(graph: Graph, name: str) -> str:
    """A step in one line: target, part of it, kind, digest of its artifact. What would break the line is escaped."""
    step = graph.steps[name]
    part = name.removeprefix(step_name(step["address"])).lstrip(".")
    words = [step["address"], *([part] if part else []), f"[{step['kind']}]", f"sha256:{step['artifact']}"]
    return " ".join(printable(word) for word in words)


def printable_lines(text: str) -> str:
    """As `printable`, for a headline with indented lines below it, which no name in it can end."""
    return "\n  ".join(printable(line) for line in text.split("\n  "))


def printable(text: str) -> str:
    """Text as it may stand on a terminal: control characters, which could hide or forge lines, are escaped."""
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)
