"""`pedigree layout propose|diff|sign|show`: what a release may be made of, which its owners sign beforehand."""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path
from typing import Any

from pedigree.cli.answer import PUT_BACK, answering
from pedigree.cli.arguments import add_attestations, add_memory, add_signer, line


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the commands' arguments."""
    parser.description = (
        "Predetermined change control: a plan and an in-toto layout for each release, signed by its owners. Exits 0 "
        "when done or inside the plan, 1 outside of it or without one, 2 for a wrong call."
    )
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    propose = _add(actions, "propose", "write the plan that the targets imply, for owners to edit and sign")
    propose.add_argument("--note", metavar="TEXT", type=line, help="what is said of this plan")
    what = "propose that the release has no plan any more, which only its owners can say"
    propose.add_argument("--withdraw", action="store_true", help=what)
    _add_graph(propose)
    _add_graph(_add(actions, "diff", "tell the targets from the plan that the owners signed, in words"))
    sign = _add(actions, "sign", "add an owner's signature to plan and layout")
    add_signer(sign)
    add_memory(sign)
    _add(actions, "show", "print the plan that is signed, and the one that is proposed")


@answering(PUT_BACK)
def run(call: argparse.Namespace) -> int:
    """Do what was asked for.

    Raises:
        ToolError: The release, its graph or the signer cannot be used.
    """
    # Cryptography takes a while to import, and a wrong call does not need it.
    code: int = import_module(f"pedigree.cli.layout_{call.action}").run(call)
    return code


def _add(actions: Any, name: str, purpose: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=purpose)
    parser.add_argument("release", metavar="RELEASE", type=_address, help="the release's target: models/embedded-fw-c")
    add_attestations(parser)
    parser.set_defaults(run=run, action=name)
    return parser


def _add_graph(parser: argparse.ArgumentParser) -> None:
    what = "what `./pants graph RELEASE` printed (default: run it, at the repository's root)"
    parser.add_argument("--graph", metavar="FILE", type=Path, help=what)


def _address(text: str) -> str:
    return line(text).rstrip("/")
