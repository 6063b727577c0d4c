"""`pedigree verify DIR`: whether a delivered release is what its signer, and those who may say so, allowed."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pedigree.cli.verdicts import BY_ITSELF, written
from pedigree.step.errors import ToolError

if TYPE_CHECKING:
    from pedigree.trust.inforce import Trust
    from pedigree.trust.public import PublicKey

EXIT_HOLDS = 0
EXIT_DOES_NOT_HOLD = 1


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.description = (
        "Check a delivered release offline, against a key or against a trust root. "
        "Exits 0 when it holds, 1 when not, 2 for a wrong call."
    )
    parser.add_argument("release", metavar="DIR", type=Path, help="the delivered directory")
    parser.add_argument("--key", metavar="PUB", type=Path, help="public key that it must be sealed with, PEM")
    parser.add_argument("--root", metavar="FILE", type=Path, help="a version of the trust root that you were handed")
    parser.add_argument(
        "--attestations",
        metavar="DIR",
        type=Path,
        help="attestations as they are published now (default: those that the release brings)",
    )
    parser.add_argument("--memory", metavar="DIR", type=Path, help="where to remember what was seen, with --root")
    parser.add_argument(
        "--max-age", metavar="DAYS", type=int, help="refuse to go by a snapshot that is older than this, with --root"
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
    if call.key is None and call.root is None:
        raise ToolError("nothing says whom to believe", "name the signer's key by --key, or a trust root by --root")
    if call.root is None and (call.attestations or call.memory or call.max_age is not None):
        raise ToolError("without --root nothing of that is looked at", "name a trust root by --root")
    # Cryptography takes a while to import, and a wrong call does not need it.
    from pedigree.trust.verify import verify_release

    verdict = verify_release(call.release, _key(call), _trust(call))
    sys.stdout.write(written(verdict, call.format, call.explain, "release"))
    if call.root is None:
        sys.stderr.write(BY_ITSELF)
    return EXIT_HOLDS if verdict.holds else EXIT_DOES_NOT_HOLD


def _key(call: argparse.Namespace) -> PublicKey:
    """The key that the release must be sealed with; with a root alone, the one it names, which the root must know."""
    from pedigree.trust.instructions import KEY_FILE
    from pedigree.trust.public import read_public_key

    return read_public_key(call.key or call.release / KEY_FILE)


def _trust(call: argparse.Namespace) -> Trust | None:
    if call.root is None:
        return None
    from pedigree.trust.attestations import read_attestations, read_evidence
    from pedigree.trust.errors import MalformedEvidence, Refused
    from pedigree.trust.inforce import Trust
    from pedigree.trust.remembered import default_memory
    from pedigree.trust.root import first_root

    try:
        anchor = first_root(read_evidence(call.root, str(call.root)), str(call.root))
        files = read_attestations(call.attestations) if call.attestations else None
    except (Refused, MalformedEvidence) as problem:
        raise ToolError(str(problem), "name a file root/<version>.json that its owners handed to you") from problem
    max_age = None if call.max_age is None else timedelta(days=call.max_age)
    return Trust(anchor, files, call.memory or default_memory(), datetime.now(UTC), max_age)
