"""`pedigree verify DIR --key PUB`: whether a delivered release is what the holder of a key allowed."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from pedigree.step.errors import ToolError

if TYPE_CHECKING:
    from pedigree.trust.verify import Verdict

EXIT_HOLDS = 0
EXIT_DOES_NOT_HOLD = 1


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.description = "Check a delivered release offline. Exits 0 when it holds, 1 when not, 2 for a wrong call."
    parser.add_argument("release", metavar="DIR", type=Path, help="the delivered directory")
    parser.add_argument("--key", metavar="PUB", type=Path, required=True, help="public key that you trust, PEM")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print the verdict")
    parser.set_defaults(run=run)


def run(call: argparse.Namespace) -> int:
    """Verify and print the verdict.

    Raises:
        ToolError: The directory or the key cannot be used.
    """
    if not call.release.is_dir():
        raise ToolError(f"{call.release} is not a directory", "name the directory that was delivered")
    # Cryptography takes a while to import, and a wrong call does not need it.
    from pedigree.trust.public import read_public_key
    from pedigree.trust.verify import verify_release

    verdict = verify_release(call.release, read_public_key(call.key))
    sys.stdout.write(_PRINT[call.format](verdict))
    return EXIT_HOLDS if verdict.holds else EXIT_DOES_NOT_HOLD


def _text(verdict: Verdict) -> str:
    lines = [
        f"({check.number}) {'holds' if check.holds else 'DOES NOT HOLD'}: {check.claim}\n      {check.detail}"
        for check in verdict.checks
    ]
    failed = sum(not check.holds for check in verdict.checks)
    closing = f"{failed} of {len(lines)} checks do not hold: do not use it." if failed else "The release holds."
    return "\n".join([*lines, closing, ""])


def _json(verdict: Verdict) -> str:
    document = {"holds": verdict.holds, "checks": [asdict(check) for check in verdict.checks]}
    return json.dumps(document, sort_keys=True) + "\n"


_PRINT = {"text": _text, "json": _json}
