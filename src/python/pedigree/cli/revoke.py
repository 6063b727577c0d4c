"""`pedigree revoke base|dataset|key|release SUBJECT`: nothing that follows from it is built or verified any more."""

from __future__ import annotations

import argparse

from pedigree.cli.answer import PUT_BACK, answering
from pedigree.cli.arguments import add_statement, line

KINDS = ("base", "dataset", "key", "release")


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.description = (
        "Revoke a base model, a dataset, a key or a release. It counts from the moment that the file is there. "
        "Exits 0 when done, 1 when what is filed does not hold, 2 for a wrong call."
    )
    parser.add_argument("kind", choices=KINDS, help="what is revoked")
    add_revocation(parser)


def add_revocation(parser: argparse.ArgumentParser) -> None:
    """What every revocation states."""
    what = "NAME=SHA256; of a base model also the uid or name of its entry, of a key also the name of its holder"
    parser.add_argument("subject", metavar="SUBJECT", type=line, help=what)
    parser.add_argument("--reason", metavar="TEXT", type=line, required=True, help="why")
    add_statement(parser)
    parser.set_defaults(run=run)


@answering(PUT_BACK)
def run(call: argparse.Namespace) -> int:
    """Sign and file a revocation.

    Raises:
        ToolError: The subject is none, or the signer may not revoke.
    """
    from pedigree.cli.decide import run_revoke

    return run_revoke(call)
