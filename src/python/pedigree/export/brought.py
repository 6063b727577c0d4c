"""What a release brings of the decisions of people: who approved its base models, and what its owners planned.

All of it is opened under the trust root that the release brings. Whether that root is the right one is for whoever
verifies the release with a root of his own; an export names its digest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pedigree.trust.graph import Graph
from pedigree.trust.local import authority_by_itself
from pedigree.trust.owners import OwnersWord, word_in_force
from pedigree.trust.registered import Registered
from pedigree.trust.standing import approvals_of


@dataclass(frozen=True)
class Brought:
    """Decisions that a release brings.

    Attributes:
        root: Version and digest of the trust root that they count by, in words; empty for a release that brings none.
        bases: Step of a base model -> the entry under which it is approved, with the approvals.
        word: What the owners signed for the release beforehand; None where they signed nothing.
    """

    root: str = ""
    bases: Mapping[str, Registered] = field(default_factory=dict)
    word: OwnersWord | None = None


def read_brought(files: Mapping[str, bytes], graph: Graph) -> Brought:
    """Open what a release brings.

    Args:
        files: Path relative to the directory of attestations -> content, as the release delivers it.
        graph: What the release was made of.

    Raises:
        MalformedEvidence: A file is not what its place says.
        Refused: A signature does not count, files do not belong together, or a base model is not approved.
    """
    authority = authority_by_itself(files)
    if authority is None:
        return Brought()
    root = f"version {authority.root.version}, sha256:{authority.root.digest}"
    word = word_in_force(authority, graph.nodes[graph.release].address)
    return Brought(root, approvals_of(graph, authority), word)
