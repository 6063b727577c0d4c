"""`pedigree base scan-adapter DIR --base BASE`: whether an adapter fits its base, and what about it stands out."""

from __future__ import annotations

import argparse
from pathlib import Path

from pedigree.cli.base_scan import add_format, print_report, require_directory, reviewers_packages


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.description = (
        "Look at the files of an adapter beside its base. Exits 0 when nothing is found, 1 when something must be "
        "reviewed or is refused, 2 for a wrong call."
    )
    parser.add_argument("adapter", metavar="DIR", type=Path, help="the directory of the adapter")
    parser.add_argument("--base", metavar="DIR", type=Path, required=True, help="the model that it belongs on")
    parser.add_argument("--probe", metavar="FILE", type=Path, help="probe.json of the probe battery")
    add_format(parser)
    parser.set_defaults(run=run)


def run(call: argparse.Namespace) -> int:
    """Scan and print the report.

    Raises:
        ToolError: A directory or the report of the battery cannot be read, or is about something else.
    """
    for directory in (call.adapter, call.base):
        require_directory(directory)
    with reviewers_packages():
        from pedigree.registry.scan.adapter import scan_adapter

    return print_report(scan_adapter(call.adapter, call.base, call.probe), call.format)
