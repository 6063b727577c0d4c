"""`pedigree snapshot`: put in force what is filed, all of it together."""

from __future__ import annotations

import argparse
from datetime import timedelta

from pedigree.cli.answer import PUT_BACK, answering
from pedigree.cli.arguments import add_attestations, add_memory, add_signer, add_time, until

_DAYS = 90


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.description = (
        "Sign, in the role quality, a list of all approvals, revocations and layouts that are filed. Each is opened "
        "first. Exits 0 when done, 1 when what is filed does not hold, 2 for a wrong call."
    )
    what = (
        "`sign` adds a signature to the snapshot that is filed, where more than one is needed (default: make a new one)"
    )
    parser.add_argument("action", nargs="?", choices=("make", "sign"), default="make", help=what)
    expires = f"until when it tells what is in force, in days or as a time (default: {_DAYS})"
    parser.add_argument("--expires", metavar="DAYS|TIME", type=until, default=timedelta(days=_DAYS), help=expires)
    add_time(parser, "when it is made")
    add_signer(parser)
    add_memory(parser)
    add_attestations(parser)
    parser.set_defaults(run=run)


@answering(PUT_BACK)
def run(call: argparse.Namespace) -> int:
    """Make or sign a snapshot.

    Raises:
        ToolError: The signer does not have the role quality.
    """
    from pedigree.cli.snapshot_make import run_make, run_sign

    return (run_sign if call.action == "sign" else run_make)(call)
