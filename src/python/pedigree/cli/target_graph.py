"""The graph of a release by its targets: from a file, or from Pants, which is asked at the repository's root."""

from __future__ import annotations

import argparse
import subprocess
from pathlib import Path

from pedigree.step.canonical import MalformedJson, parse_json
from pedigree.step.errors import ToolError
from pedigree.trust.errors import MalformedEvidence
from pedigree.trust.graph import Graph, parse_graph
from pedigree.trust.reading import read_named

GOAL = "graph"
_MARK = "pants.toml"


def target_graph(call: argparse.Namespace) -> Graph:
    """What the release that was named would be made of.

    Raises:
        MalformedEvidence: What was read is no graph.
        ToolError: It cannot be read or made, or is of another release.
    """
    origin = str(call.graph) if call.graph else f"what `./pants {GOAL}` printed"
    data = read_named(call.graph) if call.graph else _from_pants(call.release)
    try:
        graph = parse_graph(parse_json(data, origin), origin)
    except MalformedJson as error:
        raise MalformedEvidence(str(error)) from error
    found = graph.nodes[graph.release].address
    if found != call.release:
        raise ToolError(f"{origin} is of the release '{found}', not '{call.release}'", f"name {found}")
    return graph


def _from_pants(release: str) -> bytes:
    """Stderr is the user's: the first run of Pants takes its time, and says what it does."""
    root = _repository()
    command = [str(root / "pants"), "--no-dynamic-ui", GOAL, release]
    try:
        done = subprocess.run(command, cwd=root, stdout=subprocess.PIPE, check=False)
    except OSError as error:
        raise ToolError(
            f"cannot run {command[0]}: {error.strerror}",
            f"run `pants {GOAL} {release}`, and name its output by --graph",
        ) from error
    if done.returncode != 0:
        raise ToolError(f"`./pants {GOAL} {release}` ended with {done.returncode}", "see above for what Pants said")
    return done.stdout


def _repository() -> Path:
    here = Path.cwd()
    for directory in (here, *here.parents):
        if (directory / _MARK).is_file():
            return directory
    raise ToolError(f"no {_MARK} here or above: this is not a repository", "go to one, or name a graph by --graph")
