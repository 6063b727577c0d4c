"""`pedigree layout propose`: the plan that the targets imply, written down for owners to read, edit and sign."""

from __future__ import annotations

import argparse
import sys

from pedigree.cli.acts import tell
from pedigree.cli.answer import EXIT_HOLDS
from pedigree.cli.target_graph import target_graph
from pedigree.trust.conformity import differences
from pedigree.trust.pair import filed_pair
from pedigree.trust.proposal import propose
from pedigree.trust.proposed import write_proposal
from pedigree.trust.register import open_register


def run(call: argparse.Namespace) -> int:
    """Write a proposal, and tell it from the plan that it would replace.

    Raises:
        ToolError: There is a proposal already, or the graph cannot be made.
    """
    register = open_register(call.attestations)
    graph = target_graph(call)
    filed = filed_pair(register.files, call.release)
    before = filed.plan if filed else None
    path = write_proposal(call.attestations, propose(graph, register.root.approvals, before, call.note or ""))
    if before:
        for difference in differences(before, graph):
            where = "inside" if difference.inside else "outside"
            print(f"{where} version {before.version}: {difference.words}", file=sys.stderr)
    print(call.attestations / path)
    tell(
        'read it: what says "may_change": true may change without the owners being asked again',
        f"have owners sign it: pedigree layout sign {call.release}",
    )
    return EXIT_HOLDS
