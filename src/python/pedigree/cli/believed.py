"""Whom a command that reads releases believes: a signer's key, or a trust root and what is in force by it."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pedigree.cli.arguments import days
from pedigree.step.errors import ToolError

if TYPE_CHECKING:
    from pedigree.trust.inforce import Trust
    from pedigree.trust.public import PublicKey


def declare_believed(parser: argparse.ArgumentParser) -> None:
    """Declare `--key`, `--root`, and what goes with a root."""
    parser.add_argument("--key", metavar="PUB", type=Path, help="public key that it must be sealed with, PEM")
    parser.add_argument("--root", metavar="FILE", type=Path, help="a version of the trust root that you were handed")
    parser.add_argument(
        "--attestations",
        metavar="DIR",
        type=Path,
        help="attestations as they are published now, with --root (default: those that the release brings)",
    )
    parser.add_argument("--memory", metavar="DIR", type=Path, help="where to remember what was seen, with --root")
    parser.add_argument(
        "--max-age", metavar="DAYS", type=days, help="refuse to go by a snapshot that is older than this, with --root"
    )


def require_somebody(call: argparse.Namespace) -> None:
    """Refuse a call that believes nobody.

    Raises:
        ToolError: It names neither a key nor a trust root.
    """
    if call.key is None and call.root is None:
        raise ToolError("nothing says whom to believe", "name the signer's key by --key, or a trust root by --root")


def key_of(call: argparse.Namespace, release: Path) -> PublicKey:
    """The key that a release must be sealed with: the one that is named, else the one it brings.

    With a root alone it is the root that must know the key; see check 15.

    Raises:
        ToolError: It cannot be read, or is no public key.
    """
    from pedigree.trust.errors import Refused
    from pedigree.trust.instructions import KEY_FILE
    from pedigree.trust.public import LARGEST_KEY, public_key, read_public_key
    from pedigree.trust.reading import read_plainly

    if call.key is not None:
        return read_public_key(call.key)
    path = release / KEY_FILE
    try:
        return public_key(read_plainly(path, str(path), LARGEST_KEY), str(path))
    except Refused as problem:
        raise ToolError(f"cannot use the key that the release brings: {problem}", "name its key by --key") from problem


def trust_of(call: argparse.Namespace, plan_required: bool = False, in_force_now: bool = False) -> Trust | None:
    """Whom to believe beyond a key, from now on; None without a root.

    Args:
        call: The command line.
        plan_required: Whether a release must be inside a plan.
        in_force_now: Whether its sealer and its plan must be in force by what is published now.

    Raises:
        ToolError: The root or the attestations cannot be used, or something needs them and there are none.
    """
    if call.root is None:
        if call.attestations or call.memory or call.max_age is not None or plan_required or in_force_now:
            raise ToolError("without --root nothing of that is looked at", "name a trust root by --root")
        return None
    if in_force_now and call.attestations is None:
        what = "a release cannot tell what is in force now"
        raise ToolError(what, "name the attestations as they are published now by --attestations")
    # Cryptography takes a while to import, and a wrong call does not need it.
    from pedigree.trust.attestations import read_attestations
    from pedigree.trust.errors import MalformedEvidence, Refused
    from pedigree.trust.inforce import Trust
    from pedigree.trust.reading import read_plainly
    from pedigree.trust.remembered import default_memory
    from pedigree.trust.root import first_root

    try:
        anchor = first_root(read_plainly(call.root, str(call.root)), str(call.root))
        files = read_attestations(call.attestations) if call.attestations else None
    except (Refused, MalformedEvidence) as problem:
        raise ToolError(str(problem), "name a file root/<version>.json that its owners handed to you") from problem
    memory, now = call.memory or default_memory(), datetime.now(UTC)
    return Trust(anchor, files, memory, now, call.max_age, plan_required, in_force_now)
