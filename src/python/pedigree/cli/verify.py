"""`pedigree verify DIR`: whether a delivered release is what its signer, and those who may say so, allowed."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pedigree.cli.answer import EXIT_DOES_NOT_HOLD, EXIT_HOLDS
from pedigree.cli.believed import declare_believed, key_of, require_somebody, trust_of
from pedigree.cli.verdicts import BY_ITSELF, written
from pedigree.step.errors import ToolError


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.description = (
        "Check a delivered release offline, against a key or against a trust root. "
        "Exits 0 when it holds, 1 when not, 2 for a wrong call."
    )
    parser.add_argument("release", metavar="DIR", type=Path, help="the delivered directory")
    declare_believed(parser)
    parser.add_argument(
        "--require-plan",
        action="store_true",
        help="refuse what was not sealed inside a plan that its owners had signed, with --root",
    )
    parser.add_argument(
        "--in-force-now",
        action="store_true",
        help="for a release that is new to you: refuse one whose key is retired by now, or whose plan is superseded, "
        "with --root and --attestations",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print the verdict")
    parser.add_argument("--explain", action="store_true", help="say of each check what it proves, and how to repeat it")
    parser.set_defaults(run=run)


def run(call: argparse.Namespace) -> int:
    """Verify and print the verdict.

    Raises:
        ToolError: The directory, the key or the root cannot be used.
    """
    if not call.release.is_dir():
        raise ToolError(f"{call.release} is not a directory", "name the directory that was delivered")
    require_somebody(call)
    trust = trust_of(call, call.require_plan, call.in_force_now)
    from pedigree.trust.verify import verify_release

    verdict = verify_release(call.release, key_of(call, call.release), trust)
    sys.stdout.write(written(verdict, call.format, call.explain, "release"))
    if trust is None:
        sys.stderr.write(BY_ITSELF)
    return EXIT_HOLDS if verdict.holds else EXIT_DOES_NOT_HOLD
