"""What every replay of an attack on a model asks: which check found it, and whether another one would have."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

from pedigree.registry.scan.checks import CONTENTS, LISTING
from pedigree.registry.scan.opinions import CHANGES, OPINIONS
from pedigree.registry.scan.report import ScanReport, scan_base

_TABLES = (LISTING, CONTENTS, OPINIONS, CHANGES)


def found_by(report: ScanReport) -> dict[str, str]:
    """Names of the checks that found something, with their verdicts."""
    return {check.name: check.verdict for check in report.checks if check.findings}


def says(report: ScanReport, check: str) -> str:
    """The findings of one check, a line each."""
    return "\n".join(str(finding) for result in report.checks if result.name == check for finding in result.findings)


def scan_without(off: str | tuple[str, ...], directory: Path, base: Path | None = None) -> ScanReport:
    """A scan in which some controls are off."""
    names = (off,) if isinstance(off, str) else off
    stack = []
    for table in _TABLES:
        kept = {name: check for name, check in table.items() if name not in names}
        stack.append(patch.dict(table, kept, clear=True))
    for patched in stack:
        patched.start()
    try:
        return scan_base(directory, base)
    finally:
        for patched in stack:
            patched.stop()
