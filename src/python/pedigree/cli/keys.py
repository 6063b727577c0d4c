"""`pedigree keys new|init|sign|list|enroll|rotate|retire`: who may say what, by the trust root that owners sign."""

from __future__ import annotations

import argparse
from typing import Any

from pedigree.cli import arguments
from pedigree.cli.answer import PUT_BACK, answering
from pedigree.cli.arguments import add_attestations, add_format, add_memory, add_signer, add_time

_HOLDER = "printed name and public key; or sigstore:/trust-config.json?identity=NAME&issuer=URL of who has no key"


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the commands' arguments."""
    parser.description = (
        "Roles and keys. A change makes the next version of the trust root, which is in force once enough owners of "
        "both versions signed it. Exits 0 when done, 1 when what is filed does not hold, 2 for a wrong call."
    )
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    _declare_new(actions)
    _declare_init(actions)
    _add(actions, "sign", "add an owner's signature to the newest version")
    _declare_list(actions)
    _declare_enroll(actions)
    _declare_rotate(actions)
    _declare_retire(actions)


@answering(PUT_BACK)
def run(call: argparse.Namespace) -> int:
    """Do what is asked for.

    Raises:
        ToolError: It is a wrong call.
    """
    from pedigree.cli.keys_list import run_list
    from pedigree.cli.keys_new import run_new
    from pedigree.cli.keys_root import RUNS

    return {**RUNS, "list": run_list, "new": run_new}[call.action](call)


def _add(actions: Any, name: str, purpose: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=purpose)
    add_signer(parser)
    add_memory(parser)
    add_attestations(parser)
    parser.set_defaults(run=run, action=name)
    return parser


def _declare_new(actions: Any) -> None:
    parser = actions.add_parser("new", help="make a pair of keys; everybody makes his own")
    parser.add_argument(
        "path", metavar="PATH", type=arguments.path, help="where the private key goes; PATH.pub is the public one"
    )
    parser.add_argument("--no-passphrase", action="store_true", help="leave it in the clear, for a service")
    parser.set_defaults(run=run, action="new")


def _declare_init(actions: Any) -> None:
    parser = _add(actions, "init", "make the first version of the trust root")
    owner, others = (
        "an owner; name all of them",
        "who else has a role: quality='Ada Byron'=ada.pub; or =sigstore:..., as in docs/signers.md",
    )
    parser.add_argument(
        "--owner", metavar="NAME=PUB", type=arguments.holder, action="append", required=True, help=owner
    )
    parser.add_argument(
        "--role", metavar="ROLE=NAME=PUB", type=arguments.role_holder, action="append", default=[], help=others
    )
    threshold = "how many must sign for a role: owner=2 (default: 1 each)"
    parser.add_argument(
        "--threshold", metavar="ROLE=N", type=arguments.role_count, action="append", default=[], help=threshold
    )
    approval = "a role that must approve a base model (default: legal and quality)"
    parser.add_argument("--approval", metavar="ROLE", type=arguments.role, action="append", help=approval)
    _add_note(parser, required=True)


def _declare_list(actions: Any) -> None:
    parser = actions.add_parser(
        "list", help="who has which role and key; exits 1 when the newest version lacks signatures"
    )
    add_format(parser)
    add_attestations(parser)
    parser.set_defaults(run=run, action="list")


def _declare_enroll(actions: Any) -> None:
    parser = _add(actions, "enroll", "give somebody a role")
    parser.add_argument("holder", metavar="NAME=PUB", type=arguments.holder, help=_HOLDER)
    parser.add_argument("--role", metavar="ROLE", type=arguments.role, required=True, help="which role")
    _add_threshold(parser)
    _add_note(parser)


def _declare_rotate(actions: Any) -> None:
    parser = _add(actions, "rotate", "give somebody another key, and retire the old one")
    parser.add_argument("holder", metavar="NAME=PUB", type=arguments.holder, help=_HOLDER)
    _add_which(parser)
    add_time(parser, "from when on the old key signs nothing")
    _add_note(parser)


def _declare_retire(actions: Any) -> None:
    parser = _add(actions, "retire", "take somebody's key out of use")
    parser.add_argument("name", metavar="NAME", type=arguments.line, help="printed name")
    _add_which(parser)
    _add_threshold(parser)
    add_time(parser, "from when on the key signs nothing")
    _add_note(parser)


def _add_which(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--role", metavar="ROLE", type=arguments.role, help="in which role, where there are several")


def _add_threshold(parser: argparse.ArgumentParser) -> None:
    what = "how many must sign for the role from now on (default: as many as before)"
    parser.add_argument("--threshold", metavar="N", type=arguments.count, help=what)


def _add_note(parser: argparse.ArgumentParser, required: bool = False) -> None:
    what = "what the owners say of this version" + ("" if required else " (default: what changes)")
    parser.add_argument("--note", metavar="TEXT", type=arguments.line, required=required, help=what)
