"""`pedigree log append|show|verify|head`: who did what, when, and with which meaning."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pedigree.cli.answer import EXIT_HOLDS
from pedigree.step.errors import ToolError

if TYPE_CHECKING:
    from pedigree.log.entry import Entry


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the commands' arguments."""
    parser.description = "The audit log. Exits 0 when all holds, 1 when not, 2 for a wrong call."
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    for add in (_add_append, _add_show, _add_verify, _add_head):
        add(actions)


def _add_append(actions: Any) -> None:
    parser = actions.add_parser("append", help="write down what was done, under a signed head")
    parser.add_argument("--action", metavar="NOUN.VERB", required=True, help="what was done, as base.approve")
    parser.add_argument(
        "--subject", metavar="NAME=SHA256", type=_subject, required=True, help="what it was done to, and its digest"
    )
    parser.add_argument("--meaning", metavar="TEXT", required=True, help="what your signature means")
    parser.add_argument("--name", metavar="NAME", required=True, help="your printed name")
    parser.add_argument("--time", metavar="TIME", help="when, as 2026-11-21T09:30:00Z (default: now)")
    parser.add_argument(
        "--signer", metavar="URI", help="your key (default: $PEDIGREE_SIGNER, or the developer key of this machine)"
    )
    _add_log(parser)
    parser.set_defaults(run=run_append)


def _add_show(actions: Any) -> None:
    parser = actions.add_parser("show", help="print the entries; it does not verify them")
    parser.add_argument("--action", metavar="NOUN.VERB", help="only entries of this action")
    parser.add_argument("--subject", metavar="NAME", help="only entries on this name, or on this sha256")
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="json: an entry a line, as it is stored and hashed"
    )
    _add_log(parser)
    parser.set_defaults(run=run_show)


def _add_verify(actions: Any) -> None:
    parser = actions.add_parser("verify", help="find edits, deletions, cuts, another order and forks")
    parser.add_argument(
        "--key", metavar="PUB", type=Path, action="append", default=[], help="public key of one who may write, PEM"
    )
    parser.add_argument(
        "--root", metavar="FILE", type=Path, help="trust root whose holders may write, under their names"
    )
    parser.add_argument(
        "--head",
        metavar="FILE",
        type=Path,
        help="the head that you saw last; becomes the log's last when all holds (default: remembered)",
    )
    parser.add_argument(
        "--attestations",
        metavar="DIR",
        type=Path,
        help="check, too, that everything that is signed and filed here has its entry",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print the verdict")
    parser.add_argument("--explain", action="store_true", help="say of each check what it proves, and how to repeat it")
    _add_log(parser)
    parser.set_defaults(run=run_verify)


def _add_head(actions: Any) -> None:
    parser = actions.add_parser("head", help="print the last signed head, to be kept where nobody can change it")
    _add_log(parser)
    parser.set_defaults(run=run_head)


def _add_log(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--log",
        metavar="URL",
        help="sqlite:///absolute/path or postgresql://user@host/database (default: $PEDIGREE_LOG, or log.db in"
        " ~/.config/pedigree)",
    )


def run_append(call: argparse.Namespace) -> int:
    """Append one entry, and print its number.

    Raises:
        ToolError: The log cannot be written, or the entry has not the form that it must have.
    """
    from pedigree.log.append import append
    from pedigree.log.entry import Event
    from pedigree.trust.keys import signer_uri
    from pedigree.trust.signatory import open_key

    subject, digest = call.subject
    event = Event(call.name, call.action, subject, digest, call.meaning, time=call.time)
    (entry,) = append(log_of(call), [event], open_key(call.signer or signer_uri()))
    print(entry.number)
    return EXIT_HOLDS


def run_show(call: argparse.Namespace) -> int:
    """Print the entries that are asked for.

    Raises:
        ToolError: The log cannot be read.
    """
    try:
        for entry in _entries(log_of(call)):
            event = entry.event
            if call.action in (None, event.action) and call.subject in (None, event.subject, event.sha256):
                told = entry.data() if call.format == "json" else _text_of_entry(entry)
                sys.stdout.buffer.write(told + b"\n")
        sys.stdout.buffer.flush()
    except BrokenPipeError:  # whoever reads has seen enough; Python would complain once more when it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return EXIT_HOLDS


def run_verify(call: argparse.Namespace) -> int:
    """Verify, print the verdict, and remember the log's last head when all holds.

    Raises:
        ToolError: The log, a key, the attestations or the remembered head cannot be used.
    """
    from pedigree.cli.log_verify import run

    return run(call, log_of(call))


def run_head(call: argparse.Namespace) -> int:
    """Print the last signed head, byte for byte.

    Raises:
        ToolError: The log cannot be read, or is empty.
    """
    from pedigree.log.store import open_store
    from pedigree.trust.errors import MalformedEvidence

    try:
        with open_store(log_of(call)) as store:
            store.check_form()
            row = store.last_head()
    except MalformedEvidence as error:
        raise ToolError(str(error), "look with `pedigree log verify`") from error
    if row is None:
        raise ToolError("the log is empty", "append to it first")
    sys.stdout.buffer.write(row.data)
    return EXIT_HOLDS


def _entries(url: str) -> Iterator[Entry]:
    from pedigree.log.entry import read_entry
    from pedigree.log.store import open_store
    from pedigree.trust.errors import MalformedEvidence

    try:
        with open_store(url) as store:
            store.check_form()
            for row in store.entries(store.bound()):
                yield read_entry(row.data, f"entry {row.number}")
    except MalformedEvidence as error:
        raise ToolError(str(error), "look with `pedigree log verify`") from error


def _text_of_entry(entry: Entry) -> bytes:
    event = entry.event
    told = f"{entry.number}  {entry.time}  {event.action}  {event.subject}  sha256:{event.sha256}\n"
    details = f"\n      {json.dumps(event.details, sort_keys=True)}" if event.details else ""
    return f"{told}      {event.actor}, key {entry.keyid[:12]}: {event.meaning}{details}".encode()


def log_of(call: argparse.Namespace) -> str:
    """The log that a call is about."""
    from pedigree.log.append import LOG_VARIABLE, NO_LOG, chosen_log

    url: str = call.log or chosen_log()
    if not url:
        raise ToolError(f"{LOG_VARIABLE} is '{NO_LOG}': there is no log", "name one by --log, or unset the variable")
    return url


def _subject(text: str) -> tuple[str, str]:
    name, _, digest = text.rpartition("=")
    if not name:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=SHA256")
    return name, digest
