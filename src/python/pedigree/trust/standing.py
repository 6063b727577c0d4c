"""How a release stands to what is in force: are its base models approved, and is nothing in it revoked?"""

from __future__ import annotations

from collections.abc import Iterator

from pedigree.trust.authority import Authority
from pedigree.trust.errors import Refused
from pedigree.trust.graph import Graph, Node
from pedigree.trust.registered import Registered


def approvals_of(graph: Graph, authority: Authority) -> dict[str, Registered]:
    """Step -> entry under which its base model is approved, for every base model of a graph.

    Raises:
        Refused: One is not approved for exactly the files that its step consumes; with the way from it to the release.
    """
    return {node.name: _approved(node, graph, authority) for node in graph.bases()}


def _approved(node: Node, graph: Graph, authority: Authority) -> Registered:
    try:
        return authority.approved(node.address, node.supplied())
    except Refused as problem:
        raise Refused(f"{problem}; {_way(graph, node.name)}") from problem


def revocations_in(graph: Graph, authority: Authority) -> Iterator[str]:
    """What is revoked, by whom and why, and the way from there to the release; a line each."""
    for node in graph.nodes.values():
        for digest, what in node.digests():
            revocation = authority.revocation_of(digest)
            if revocation is None:
                continue
            yield f"{what}, is {revocation.words}; {_way(graph, node.name)}"


def require_not_revoked(graph: Graph, authority: Authority) -> None:
    """Refuse a graph that holds something revoked.

    Raises:
        Refused: With a line for each thing that is revoked.
    """
    if lines := list(dict.fromkeys(revocations_in(graph, authority))):
        raise Refused("\n  ".join(lines))


def _way(graph: Graph, name: str) -> str:
    """In words, by which targets something enters the release."""
    return f"the way from there is {' -> '.join(graph.nodes[each].address for each in graph.path_from(name))}"
