"""`pedigree log verify`: whether the log is whole, and tells of all that is filed."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pedigree.cli.answer import EXIT_DOES_NOT_HOLD, EXIT_HOLDS
from pedigree.cli.verdicts import written
from pedigree.log.filed_checks import Claimed, filed_checks
from pedigree.log.memory import Memory, memory_of
from pedigree.log.seen import recall, remember
from pedigree.log.store import Store, open_store
from pedigree.log.verify import verify_log
from pedigree.step.errors import ToolError
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.public import public_key
from pedigree.trust.reading import read_plainly
from pedigree.trust.register import open_register
from pedigree.trust.remembered import default_memory
from pedigree.trust.root import Holder, TrustRoot, first_root


def run(call: argparse.Namespace, url: str) -> int:
    """Verify, print the verdict, and remember the log's last head when all holds.

    Args:
        call: The command line.
        url: The log.

    Raises:
        ToolError: The log, a key, the attestations or the remembered head cannot be used.
    """
    writers, further = _believed(call)
    with open_store(url) as store:
        memory = None if call.head else _memory(url, store)
        seen = memory.recall() if memory else recall(call.head)
        audit = verify_log(store, writers, seen, further)
    sys.stdout.write(written(audit.verdict, call.format, call.explain, "log"))
    if not audit.verdict.holds or audit.head is None:
        return EXIT_DOES_NOT_HOLD
    if memory:
        memory.remember(audit.head.envelope)
    else:
        remember(call.head, audit.head.envelope)
    return EXIT_HOLDS


def _memory(url: str, store: Store) -> Memory:
    return memory_of(default_memory(), url, store)


def _believed(call: argparse.Namespace) -> tuple[dict[str, Holder], tuple[Claimed, ...]]:
    """Key id -> who may have written, and what the attestations add to verification.

    Holders of the trust root write under their names, bare keys under any.
    """
    if not call.key and call.root is None:
        raise ToolError("nothing says whom to believe", "name keys by --key, or a trust root by --root")
    try:
        keys = [public_key(read_plainly(path, str(path)), str(path)) for path in call.key]
        root = first_root(read_plainly(call.root, str(call.root)), str(call.root)) if call.root else None
        further = _beside(call.attestations, root) if call.attestations else ()
    except (Refused, MalformedEvidence) as problem:
        hint = "name .pub files, a trust root that its owners signed, and attestations that hold"
        raise ToolError(str(problem), hint) from problem
    return {**{key.keyid: Holder("", key) for key in keys}, **(root.holders if root else {})}, further


def _beside(directory: Path, root: TrustRoot | None) -> tuple[Claimed, ...]:
    """The checks beside a directory of attestations, which must be that of the trust root."""
    register = open_register(directory)
    if root and root.digest not in {version.root.digest for version in register.versions}:
        raise Refused(f"{directory} does not hold the trust root that is named")
    return filed_checks(register)
