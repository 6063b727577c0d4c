"""Scanning a base model: all its checks, and the digests of what they looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from pedigree.registry.scan.checks import CONTENTS, LISTING, Check, run_checks
from pedigree.registry.scan.findings import CheckResult, refuse, result
from pedigree.registry.scan.opinions import CHANGES, OPINIONS
from pedigree.registry.scan.outcome import ScanReport, uid_of
from pedigree.registry.scan.subject import Subject, Unreadable, look_at

__all__ = ["ScanReport", "scan", "scan_base", "scan_beside"]


def scan_base(directory: Path, base: Path | None = None, announced: int | None = None) -> ScanReport:
    """Look at the files of a base model.

    Args:
        directory: Where they lie.
        base: An approved model that this one claims to be like; None for a new one.
        announced: How many bytes its publisher says that it has; None when nobody does.

    Raises:
        ToolError: A directory cannot be read, or is none of one model.
    """
    return scan_beside(look_at(directory, None, announced), base)


def scan_beside(subject: Subject, base: Path | None) -> ScanReport:
    """Look at the files of a base model, beside an approved one where there is one.

    Raises:
        ToolError: The directory of the approved model cannot be read, or is none of one model.
    """
    approved = look_at(base) if base else None
    return scan("base", replace(subject, approved=approved), CHANGES if approved else {})


def scan(kind: str, subject: Subject, further: Mapping[str, Check]) -> ScanReport:
    """Make the checks of every model and some further ones, and take the digests of what was looked at."""
    listed = run_checks(LISTING, subject)
    # What is too large is named, and not read: neither by a check nor for its digest.
    subject = subject.without(
        {finding.file for check in listed if check.name == "limits" for finding in check.findings}
    )
    results = run_checks({**CONTENTS, **OPINIONS, **further}, subject)
    files, unread = _digests(subject)
    approved = uid_of(_digests(subject.approved)[0]) if subject.approved else ""
    return ScanReport(kind, files, approved, (*listed, *results, unread))


def _digests(subject: Subject) -> tuple[dict[str, str], CheckResult]:
    """Digests, taken last: a file that has changed since it was listed has none, and the scan does not hold."""
    files, faults = {}, []
    for name, file in sorted(subject.files.items()):
        try:
            files[_writable(name)] = file.sha256
        except Unreadable as error:
            faults.append(refuse(name, str(error)))
    return files, result("digests", "the files are still those that were looked at", faults)


def _writable(name: str) -> str:
    """A name that JSON can hold: bytes that are no UTF-8 are written as escapes."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
