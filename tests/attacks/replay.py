"""What every replay of an attack on a model asks: which check found it, and whether another one would have."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest.mock import patch

from pedigree.registry.scan.adapter import ADAPTER
from pedigree.registry.scan.checks import CONTENTS, LISTING
from pedigree.registry.scan.opinions import CHANGES, OPINIONS
from pedigree.registry.scan.report import ScanReport, scan_base

_TABLES = (LISTING, CONTENTS, OPINIONS, CHANGES, ADAPTER)


def found_by(report: ScanReport) -> dict[str, str]:
    """Names of the checks that found something, with their verdicts."""
    return {check.name: check.verdict for check in report.checks if check.findings}


def says(report: ScanReport, check: str) -> str:
    """The findings of one check, a line each."""
    return "\n".join(str(finding) for result in report.checks if result.name == check for finding in result.findings)


@contextmanager
def off(*controls: str) -> Iterator[None]:
    """Some controls are off: what they are is taken out of the lists of checks."""
    unknown = set(controls).difference(*_TABLES)
    assert not unknown, f"there are no such checks: {unknown}"
    with ExitStack() as stack:
        for table in _TABLES:
            kept = {name: check for name, check in table.items() if name not in controls}
            stack.enter_context(patch.dict(table, kept, clear=True))
        yield


def scan_without(controls: str | tuple[str, ...], directory: Path, base: Path | None = None) -> ScanReport:
    """A scan in which some controls are off."""
    with off(*((controls,) if isinstance(controls, str) else controls)):
        return scan_base(directory, base)


def require_layers(look: Callable[[], ScanReport], controls: tuple[str, ...]) -> ScanReport:
    """Just these controls find it, the others do when one of them is off, and without all of them it gets through.

    While one is off, so are the checks that had nothing to say: some of them ask other programs, which takes its time.

    Returns:
        The scan in which nothing is off.
    """
    report = look()
    assert tuple(found_by(report)) == controls
    silent = set().union(*_TABLES).difference(controls)
    for control in controls if len(controls) > 1 else ():
        with off(control, *silent):
            assert tuple(found_by(look())) == tuple(other for other in controls if other != control)
    with off(*controls):
        assert look().verdict == "pass"
    return report
