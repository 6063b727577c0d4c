"""`pedigree base approve` and `pedigree revoke`: signing what somebody decided."""

from __future__ import annotations

import argparse
import sys

from pedigree.cli.acts import Act, file_act, require_not_put_back, tell
from pedigree.cli.answer import EXIT_HOLDS
from pedigree.cli.arguments import signer_of, stated
from pedigree.cli.base_compared import require_compared
from pedigree.cli.base_derived import require_derived
from pedigree.cli.base_list import tell_entry
from pedigree.cli.base_publisher import show_publisher
from pedigree.cli.base_scan import reviewers_packages
from pedigree.registry.scan.stated import StatedReport
from pedigree.trust.deciding import sign_approval, sign_revocation
from pedigree.trust.decisions import may_revoke
from pedigree.trust.entry import Entry
from pedigree.trust.identity import is_person, person_of
from pedigree.trust.places import APPROVALS, REVOCATIONS
from pedigree.trust.reading import read_named
from pedigree.trust.register import Register, open_register
from pedigree.trust.registered import lacking
from pedigree.trust.roles import APPROVERS
from pedigree.trust.signatory import Decider, find_signatory, open_key
from pedigree.trust.signatory_keyless import find_identified
from pedigree.trust.subjects import subject_of

_SNAPSHOT = "have quality sign a snapshot: `pedigree snapshot`"


def run_approve(call: argparse.Namespace) -> int:
    """Sign an entry in the role of the signer, if it says of the model what follows from its license and its scan.

    Raises:
        ToolError: There is no such entry, or the signer may not approve.
        Refused: The entry says something else, the scan refused the model, its publisher's signature is not what the
            entry says, or the model is revoked.
    """
    require_not_put_back(call, APPROVALS)
    register = open_register(call.attestations)
    entry = register.find(call.subject).entry
    report = require_derived(entry, register.files)
    require_compared(register, entry, report)
    _repeat_scan(call, register, entry, report)
    tell_entry(register, entry, report)
    who = _decider(register, call, APPROVERS)
    show_publisher(register, entry)
    time = stated(call)
    path, data = sign_approval(register, entry, who, time, call.meaning)
    act = Act("base.approve", entry.name, entry.sha256, call.meaning, time, who)
    file_act(act, call, path, data)
    missing = lacking(open_register(call.attestations).find(f"sha256:{entry.uid}"), register.root)
    tell(f"it still needs the approval of {' and '.join(missing)}" if missing else _SNAPSHOT)
    return EXIT_HOLDS


def run_revoke(call: argparse.Namespace) -> int:
    """Sign a revocation.

    Raises:
        ToolError: The subject is none, or the signer may not revoke.
    """
    require_not_put_back(call, REVOCATIONS)
    register = open_register(call.attestations)
    subjects = subject_of(register, call.kind, call.subject)
    who = _decider(register, call, may_revoke(register.root))
    time = stated(call)
    path, data = sign_revocation(register, call.kind, subjects, call.reason, who, time, call.meaning)
    ((name, sha256),) = subjects.items()
    file_act(Act(f"{call.kind}.revoke", name, sha256, call.meaning, time, who), call, path, data)
    print(
        f"revoked: {call.kind} '{name}', sha256:{sha256}. It counts as soon as others have this file.", file=sys.stderr
    )
    tell(*_AFFECTED[call.kind].format(name=name, sha256=sha256).splitlines(), _SNAPSHOT)
    return EXIT_HOLDS


def _repeat_scan(call: argparse.Namespace, register: Register, entry: Entry, report: StatedReport) -> None:
    if call.model is None:
        tell("its scan was not made again: give --model DIR to hold the report against the model itself")
        return
    with reviewers_packages():
        from pedigree.cli.base_repeated import require_repeated
    require_repeated(register, entry, report, call.model, call.weights_manifest, call.against)
    tell("its scan, made again, says the same")


def _decider(register: Register, call: argparse.Namespace, roles: tuple[str, ...]) -> Decider:
    """Who signs, by a key or by an identity."""
    uri = signer_of(call)
    if not is_person(uri):
        return find_signatory(open_key(uri), register.root, roles, register.revoked)
    config = read_named(person_of(uri).instance)
    return find_identified(uri, config, register.root, roles, register.revoked, register.files)


_IN_RELEASES = "list what came from it in a delivered release: `pedigree lineage DIR --descendants {name}`"
_IN_TARGETS = "list the targets that it reaches: `./pants dependents --transitive {name}`"
_AFFECTED = {
    "base": f"{_IN_TARGETS}\n{_IN_RELEASES}",
    "dataset": f"{_IN_TARGETS}\n{_IN_RELEASES}",
    "key": "give the holder another one: `pedigree keys rotate`, and have approved again what the old one approved\n"
    "list what stands by its word in a delivered release: `pedigree lineage DIR --descendants {sha256}`",
    "release": f"tell those to whom it was delivered; `pedigree verify` refuses it from now on\n{_IN_RELEASES}",
}
"""Kind -> how to find what is affected."""
