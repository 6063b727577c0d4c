"""Arguments that several commands take, each checked when it is read, so that a wrong one is a wrong call."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pedigree.trust.roles import PURPOSE
from pedigree.trust.times import is_time, parse_time, write_time

LONGEST = 500
"""Characters of a name, a meaning or a reason."""


def add_attestations(parser: argparse.ArgumentParser) -> None:
    """`--attestations DIR`."""
    parser.add_argument(
        "--attestations",
        metavar="DIR",
        type=path,
        default=Path("attestations"),
        help="the directory of trust roots, approvals and revocations (default: attestations)",
    )


def add_signer(parser: argparse.ArgumentParser) -> None:
    """`--signer URI`."""
    parser.add_argument(
        "--signer",
        metavar="URI",
        help="whose key signs: file:/absolute/path.pem or another of docs/signers.md (default: $PEDIGREE_SIGNER)",
    )


def add_memory(parser: argparse.ArgumentParser) -> None:
    """`--memory DIR`, of a command that signs."""
    what = "where it is remembered what was seen of trust roots, as by `pedigree verify`; nothing older is signed on"
    parser.add_argument("--memory", metavar="DIR", type=path, help=f"{what} (default: ~/.local/state/pedigree/seen)")


def add_time(parser: argparse._ActionsContainer, what: str) -> None:
    """`--time TIME`."""
    parser.add_argument("--time", metavar="TIME", type=past, help=f"{what}, as 2026-01-31T12:00:00Z (default: now)")


def add_statement(parser: argparse.ArgumentParser) -> None:
    """What a person's signature says of itself; the printed name follows from the key."""
    parser.add_argument(
        "--meaning", metavar="TEXT", type=line, required=True, help="what your signature means, in your words"
    )
    add_time(parser, "when you sign")
    add_signer(parser)
    add_memory(parser)
    add_attestations(parser)


def add_format(parser: argparse.ArgumentParser) -> None:
    """`--format text|json`."""
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print it")


def stated(call: argparse.Namespace) -> str:
    """The time that is stated, or the clock's."""
    return call.time or write_time(datetime.now(UTC))


def signer_of(call: argparse.Namespace) -> str:
    """The signer that is named, by the command or by PEDIGREE_SIGNER; else the developer's key."""
    from pedigree.trust.keys import signer_uri

    return call.signer or signer_uri()


def line(text: str) -> str:
    """One line of text that can be printed; what is not UTF-8 cannot."""
    if not text.strip() or not text.isprintable() or len(text) > LONGEST:
        raise argparse.ArgumentTypeError(f"{text[:80]!r} is not one line of 1 to {LONGEST} printable characters")
    return text.strip()


def path(text: str) -> Path:
    """A path that can be printed."""
    if not text.isprintable():
        raise argparse.ArgumentTypeError(f"{text[:80]!r} cannot be printed")
    return Path(text)


def past(text: str) -> str:
    """A time that is not ahead of the clock."""
    if not is_time(text):
        raise argparse.ArgumentTypeError(f"{text[:80]!r} is not a time in the form 2026-01-31T12:00:00Z")
    from pedigree.trust.freshness import SKEW

    if parse_time(text) - datetime.now(UTC) > SKEW:
        raise argparse.ArgumentTypeError(f"{text} lies in the future")
    return text


def days(text: str) -> timedelta:
    """A number of days above 0."""
    if not _is_days(text):
        raise argparse.ArgumentTypeError(f"{text[:80]!r} is not a number of days above 0")
    return timedelta(days=int(text))


def until(text: str) -> timedelta | str:
    """A number of days, or a time."""
    if _is_days(text):
        return timedelta(days=int(text))
    if not is_time(text):
        raise argparse.ArgumentTypeError(f"{text[:80]!r} is neither a number of days nor a time")
    return text


def count(text: str) -> int:
    """A number above 0."""
    if not text.isascii() or not text.isdigit() or not 0 < len(text) < 4 or not int(text):
        raise argparse.ArgumentTypeError(f"{text[:80]!r} is not a number above 0")
    return int(text)


def role(text: str) -> str:
    """A role that a trust root gives."""
    if text not in PURPOSE:
        raise argparse.ArgumentTypeError(f"{text[:80]!r} is no role; roles are {', '.join(PURPOSE)}")
    return text


def holder(text: str) -> tuple[str, str]:
    """`NAME=PUB`: a printed name, and the file of a public key or the URI of a person who signs without one."""
    name, _, credential = text.partition("=")
    if not credential:
        raise argparse.ArgumentTypeError(f"{text[:80]!r} is not NAME=PUB, a printed name and the file of a public key")
    return line(name), credential


def role_holder(text: str) -> tuple[str, tuple[str, str]]:
    """`ROLE=NAME=PUB`."""
    its, _, rest = text.partition("=")
    return role(its), holder(rest)


def role_count(text: str) -> tuple[str, int]:
    """`ROLE=N`."""
    its, _, number = text.partition("=")
    return role(its), count(number)


def _is_days(text: str) -> bool:
    return text.isascii() and text.isdigit() and 0 < len(text) < 6 and int(text) > 0
