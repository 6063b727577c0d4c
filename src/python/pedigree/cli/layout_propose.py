"""`pedigree layout propose`: the plan that the targets imply, written down for owners to read, edit and sign."""

from __future__ import annotations

import argparse
import sys

from pedigree.cli.acts import tell
from pedigree.cli.answer import EXIT_HOLDS
from pedigree.cli.target_graph import target_graph
from pedigree.step.errors import ToolError
from pedigree.trust.conformity import differences
from pedigree.trust.pair import filed_pair
from pedigree.trust.plan import Plan
from pedigree.trust.proposal import propose, withdrawal
from pedigree.trust.proposed import write_proposal
from pedigree.trust.register import open_register


def run(call: argparse.Namespace) -> int:
    """Write a proposal, and tell it from the plan that it would replace.

    Raises:
        ToolError: There is a proposal already, or the graph cannot be made.
    """
    register = open_register(call.attestations)
    filed = filed_pair(register.files, call.release)
    before = filed.plan if filed else None
    if call.withdraw:
        return _withdraw(before, call)
    graph = target_graph(call)
    path = write_proposal(call.attestations, propose(graph, register.root.approvals, before, call.note or ""))
    if before and not before.withdrawn:
        for difference in differences(before, graph):
            where = "inside" if difference.inside else "outside"
            print(f"{where} version {before.version}: {difference.words}", file=sys.stderr)
    print(call.attestations / path)
    tell('read it: what says "may_change": true may change without the owners being asked again', _next(call))
    return EXIT_HOLDS


def _withdraw(before: Plan | None, call: argparse.Namespace) -> int:
    if before is None or before.withdrawn:
        raise ToolError(f"'{call.release}' has no plan to withdraw", f"pedigree layout show {call.release}")
    print(call.attestations / write_proposal(call.attestations, withdrawal(before, call.note or "")))
    tell(f"once it is in force, releases of '{call.release}' say that they have no plan", _next(call))
    return EXIT_HOLDS


def _next(call: argparse.Namespace) -> str:
    return f"have owners sign it: pedigree layout sign {call.release}"
