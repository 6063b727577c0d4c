"""`python -m pedigree.trust.permit DIR release|artifact`: whether what is planned may be built, before anything runs.

The directory holds `graph.json`, which the build made from the targets, and perhaps `attestations/`, for a release
`signer.pub`, and `records/<step>.json` of what is made by now. Nothing that holds something revoked is built; a release
is built from approved base models alone, for a key that may seal, and by a snapshot that is not out of date; where only
an artifact is looked at, one that is out of date is told of.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from pedigree.step.canonical import MalformedJson, read_json
from pedigree.step.errors import ToolError
from pedigree.step.record import Record
from pedigree.trust.authority import Authority
from pedigree.trust.chain import FIRST_ROOT
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.freshness import freshness
from pedigree.trust.graph import Graph, graph_of_records, parse_graph
from pedigree.trust.holders import require_sealer
from pedigree.trust.local import local_authority
from pedigree.trust.owners import word_in_force
from pedigree.trust.public import read_public_key
from pedigree.trust.registered import Registered
from pedigree.trust.standing import approvals_of, require_not_revoked

RELEASE = "release"
_MODES = (RELEASE, "artifact")
_ANOTHER = "have quality sign another: pedigree snapshot (docs/registry.md)"
_HINT = "`pedigree base list` shows what is approved; docs/registry.md says how to approve, docs/keys.md who may seal"


def permit(directory: Path, mode: str) -> Authority | None:
    """Refuse what may not be built.

    Args:
        directory: What the build laid out.
        mode: "release" for what is delivered, "artifact" for what is only looked at.

    Returns:
        What is in force; None where the repository has no attestations.

    Raises:
        ToolError: It may not be built.
    """
    graph = _with_records(_graph(directory / "graph.json"), directory / "records")
    address = graph.nodes[graph.release].address
    try:
        authority = local_authority(directory / "attestations")
        if authority is not None:
            require_not_revoked(graph, authority)
        if mode == RELEASE:
            require_approved(graph, authority)
        if mode == RELEASE and authority is not None:
            word_in_force(authority, address)
            require_sealer(authority, read_public_key(directory / "signer.pub"))
    except (Refused, MalformedEvidence) as problem:
        raise ToolError(f"target '{address}' may not be built:\n  {problem}", _HINT) from problem
    return authority


def out_of_date(authority: Authority, mode: str, now: datetime) -> str:
    """What a person should hear of a snapshot that may not tell what is in force; empty for one that does.

    Args:
        authority: What is in force by that snapshot.
        mode: As for `permit`.
        now: The time of the build, with a time zone.

    Raises:
        ToolError: A release would be built by it: who holds back what is newer would say what it is held against.
    """
    try:
        freshness(authority.snapshot, now)
    except Refused as stale:
        if mode == RELEASE:
            raise ToolError(f"no release may be built by what was in force once: {stale}", _ANOTHER) from stale
        return f"warning: {stale}\nhint: {_ANOTHER}"
    return ""


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


def _with_records(graph: Graph, directory: Path) -> Graph:
    """What was planned, and of the steps that ran by now what they consumed and made: that may be revoked, too."""
    try:
        records = [Record.from_json(read_json(path)) for path in sorted(directory.glob("*.json"))]
    except (OSError, MalformedJson, ValueError, KeyError, TypeError) as error:
        raise ToolError(f"a record has not the shape of one: {error}", "this is a mistake in the backend") from error
    ran = graph_of_records({record.name: record for record in records}, graph.release).nodes
    return replace(graph, nodes={name: ran.get(name, node) for name, node in graph.nodes.items()})


def main(arguments: list[str]) -> int:
    """Answer for a directory; 0 it may be built, 1 an error that was told, 2 a wrong call."""
    if len(arguments) != 2 or arguments[1] not in _MODES:
        print("usage: python -m pedigree.trust.permit DIR release|artifact", file=sys.stderr)
        return 2
    try:
        authority = permit(Path(arguments[0]), arguments[1])
        warning = "" if authority is None else out_of_date(authority, arguments[1], datetime.now(UTC))
    except ToolError as error:
        print(error, file=sys.stderr)
        return 1
    if warning:
        print(warning, file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
