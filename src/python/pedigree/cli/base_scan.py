"""`pedigree base scan DIR`: what is in the files of a base model, before anybody approves it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pedigree.cli.answer import EXIT_DOES_NOT_HOLD, EXIT_HOLDS
from pedigree.registry.sizes import parse_bytes
from pedigree.step.errors import ToolError

if TYPE_CHECKING:
    from pedigree.registry.scan.report import ScanReport


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.description = (
        "Look at the files of a base model. Exits 0 when nothing is found, 1 when something must be reviewed or is "
        "refused, 2 for a wrong call."
    )
    parser.add_argument("model", metavar="DIR", type=Path, help="the directory of the model")
    parser.add_argument("--against", metavar="DIR", type=Path, help="an approved model that it claims to be like")
    parser.add_argument("--announced", metavar="SIZE", type=_size, help="how large its publisher says it is, as 16G")
    add_format(parser)
    parser.set_defaults(run=run)


def add_format(parser: argparse.ArgumentParser) -> None:
    """How a report is printed."""
    parser.add_argument("--format", choices=tuple(_PRINT), default="text", help="how to print the report")


def run(call: argparse.Namespace) -> int:
    """Scan and print the report.

    Raises:
        ToolError: A directory cannot be read.
    """
    for directory in filter(None, (call.model, call.against)):
        require_directory(directory)
    with reviewers_packages():
        # Jinja and the like take a while to import, and a wrong call does not need them.
        from pedigree.registry.scan.report import scan_base

    return print_report(scan_base(call.model, call.against, call.announced), call.format)


def print_report(report: ScanReport, form: str) -> int:
    """Print a report; the exit code that follows from it."""
    sys.stdout.write(_PRINT[form](report))
    return EXIT_HOLDS if report.verdict == "pass" else EXIT_DOES_NOT_HOLD


def require_directory(path: Path) -> None:
    """Refuse what is none.

    Raises:
        ToolError: It is not a directory.
    """
    if not path.is_dir():
        raise ToolError(f"{path} is not a directory", "name the directory of a model")


@contextmanager
def reviewers_packages() -> Iterator[None]:
    """Import what auditors and operators need not have.

    Raises:
        ToolError: This `pedigree` does not have it.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        hint = "use the one of reviewers: ./pants package src/python/pedigree/cli:reviewer"
        raise ToolError(f"this `pedigree` cannot scan, because it lacks {error.name}", hint) from error


def _size(text: str) -> int:
    try:
        return parse_bytes(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _text(report: ScanReport) -> str:
    lines = []
    for check in report.checks:
        tools = "".join(f" ({name} {version})" for name, version in check.tools)
        lines.append(f"{check.verdict:6}  {check.name}: {check.claim}{tools}")
        lines += [f"  {finding.verdict:6}  {finding}" for finding in check.findings]
    return "\n".join([*lines, f"{report.uid}: {_CLOSING[report.verdict]}", ""])


def _json(report: ScanReport) -> str:
    rendered: bytes = report.render()
    return rendered.decode()


_PRINT = {"text": _text, "json": _json}
_CLOSING = {
    "pass": "nothing was found.",
    "review": "somebody must look at what was found.",
    "refuse": "do not use it.",
}
