"""`python -m pedigree.trust.permit DIR release|artifact`: whether what is planned may be built, before anything runs.

The directory holds `graph.json`, which the build made from the targets, and perhaps `attestations/`. Nothing that holds
something revoked is built; a release is built from approved base models alone.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pedigree.step.canonical import MalformedJson, read_json
from pedigree.step.errors import ToolError
from pedigree.trust.authority import FIRST_ROOT, Authority, Registered
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.graph import Graph, parse_graph
from pedigree.trust.local import local_authority
from pedigree.trust.standing import approvals_of, require_not_revoked

RELEASE = "release"
_MODES = (RELEASE, "artifact")


def permit(directory: Path, mode: str) -> None:
    """Refuse what may not be built.

    Args:
        directory: What the build laid out.
        mode: "release" for what is delivered, "artifact" for what is only looked at.

    Raises:
        ToolError: It may not be built.
    """
    graph = _graph(directory / "graph.json")
    try:
        authority = local_authority(directory / "attestations")
        if authority is not None:
            require_not_revoked(graph, authority)
        if mode == RELEASE:
            require_approved(graph, authority)
    except (Refused, MalformedEvidence) as problem:
        what = f"target '{graph.nodes[graph.release].address}' may not be built:\n  {problem}"
        raise ToolError(
            what, "`pedigree base list` shows what is approved; docs/registry.md says how to approve"
        ) from problem


def require_approved(graph: Graph, authority: Authority | None) -> dict[str, Registered]:
    """The entries under which the base models of a release are approved, by step.

    Raises:
        Refused: One is not approved; where nobody may approve, none is.
    """
    if authority is not None:
        return approvals_of(graph, authority)
    if bases := graph.bases():
        names = ", ".join(f"'{node.address}'" for node in bases)
        raise Refused(f"nobody may approve the base model {names}: there is no attestations/{FIRST_ROOT}")
    return {}


def _graph(path: Path) -> Graph:
    try:
        return parse_graph(read_json(path), path.name)
    except (OSError, MalformedJson, MalformedEvidence) as error:
        raise ToolError(f"{path} is not what the build plans: {error}", "this is a mistake in the backend") from error


def main(arguments: list[str]) -> int:
    """Answer for a directory; 0 it may be built, 1 an error that was told, 2 a wrong call."""
    if len(arguments) != 2 or arguments[1] not in _MODES:
        print("usage: python -m pedigree.trust.permit DIR release|artifact", file=sys.stderr)
        return 2
    try:
        permit(Path(arguments[0]), arguments[1])
    except ToolError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
