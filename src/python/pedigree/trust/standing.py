"""How a release stands to what is in force: are its base models approved, and is nothing in it revoked?"""

from __future__ import annotations

from collections.abc import Iterator

from pedigree.trust.authority import Authority, Registered
from pedigree.trust.errors import Refused
from pedigree.trust.graph import Graph


def approvals_of(graph: Graph, authority: Authority) -> dict[str, Registered]:
    """Step -> entry under which its base model is approved, for every base model of a graph.

    Raises:
        Refused: One is not approved for exactly the files that its step consumes.
    """
    return {node.name: authority.approved(node.address, node.supplied()) for node in graph.bases()}


def revocations_in(graph: Graph, authority: Authority) -> Iterator[str]:
    """What is revoked, by whom and why, and the way from there to the release; a line each."""
    for node in graph.nodes.values():
        for digest, what in node.digests():
            revocation = authority.revocation_of(digest)
            if revocation is None:
                continue
            way = " -> ".join(graph.nodes[name].address for name in graph.path_from(node.name))
            yield f"{what}, is {revocation.words}; the way from there is {way}"


def require_not_revoked(graph: Graph, authority: Authority) -> None:
    """Refuse a graph that holds something revoked.

    Raises:
        Refused: With a line for each thing that is revoked.
    """
    if lines := list(dict.fromkeys(revocations_in(graph, authority))):
        raise Refused("\n  ".join(lines))
