"""`pedigree layout diff`: whether what the targets say is inside the plan that the owners signed, and where not."""

from __future__ import annotations

import argparse
import sys

from pedigree.cli.answer import EXIT_DOES_NOT_HOLD, EXIT_HOLDS
from pedigree.cli.target_graph import target_graph
from pedigree.trust.conformity import differences, key_differences
from pedigree.trust.differences import Difference
from pedigree.trust.owners import OwnersWord, owners_word
from pedigree.trust.register import Register, open_register
from pedigree.trust.roles import RELEASE


def run(call: argparse.Namespace) -> int:
    """Print every difference, what is outside the plan first.

    Raises:
        ToolError: The graph cannot be made.
    """
    register = open_register(call.attestations)
    word = owners_word(register.files, register.root, register.revoked, call.release, register.earlier)
    if word is None:
        print(f"no plan: no owner signed what '{call.release}' may be made of", file=sys.stderr)
        return EXIT_DOES_NOT_HOLD
    if word.plan.withdrawn:
        told = f"withdrawn by version {word.plan.version} of the plan of '{call.release}'"
        print(f"no plan: {told}, signed by {' and '.join(word.names)}", file=sys.stderr)
        return EXIT_DOES_NOT_HOLD
    found = [*_of_keys(word, register), *differences(word.plan, target_graph(call))]
    for difference in found:
        print(f"{'inside' if difference.inside else 'outside'}: {difference.words}")
    outside = sum(not difference.inside for difference in found)
    verdict = f"outside by {outside} of {len(found)} differences" if outside else "inside"
    signed = f"version {word.plan.version}, signed by {' and '.join(word.names)}"
    print(f"{verdict}: the plan of '{call.release}', {signed}", file=sys.stderr)
    return EXIT_DOES_NOT_HOLD if outside else EXIT_HOLDS


def _of_keys(word: OwnersWord, register: Register) -> list[Difference]:
    """What is wrong with the keys of the layout; whoever may not seal by it is told of, while others still may."""
    root, revoked = register.root, register.revoked
    may_seal = sorted(keyid for keyid, key in root.keys(RELEASE).items() if key.fingerprint not in revoked)
    keys = {keyid: key_differences(word, root, revoked, keyid) for keyid in may_seal}
    common = key_differences(word, root, revoked)
    may_not = [difference for found in keys.values() for difference in found if difference not in common]
    if len(may_not) == len(keys):
        return [*common, *may_not]
    for difference in may_not:
        print(f"note: what others seal is inside, but {difference.words}", file=sys.stderr)
    return common
