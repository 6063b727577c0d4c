"""`pedigree layout diff`: whether what the targets say is inside the plan that the owners signed, and where not."""

from __future__ import annotations

import argparse
import sys

from pedigree.cli.answer import EXIT_DOES_NOT_HOLD, EXIT_HOLDS
from pedigree.cli.target_graph import target_graph
from pedigree.trust.conformity import differences, other_keys
from pedigree.trust.owners import owners_word
from pedigree.trust.register import open_register


def run(call: argparse.Namespace) -> int:
    """Print every difference, what is outside the plan first.

    Raises:
        ToolError: The graph cannot be made.
    """
    register = open_register(call.attestations)
    word = owners_word(register.files, register.root, register.revoked, call.release)
    if word is None:
        print(f"no plan: no owner signed what '{call.release}' may be made of", file=sys.stderr)
        return EXIT_DOES_NOT_HOLD
    found = [*other_keys(word, register.root), *differences(word.plan, target_graph(call))]
    for difference in found:
        print(f"{'inside' if difference.inside else 'outside'}: {difference.words}")
    outside = sum(not difference.inside for difference in found)
    verdict = f"outside by {outside} of {len(found)} differences" if outside else "inside"
    signed = f"version {word.plan.version}, signed by {' and '.join(word.names)}"
    print(f"{verdict}: the plan of '{call.release}', {signed}", file=sys.stderr)
    return EXIT_DOES_NOT_HOLD if outside else EXIT_HOLDS
