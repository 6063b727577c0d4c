"""The report of a scan: what was looked at, what was found, and what follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pedigree.registry.scan.checks import CONTENTS, LISTING, Check, run_checks
from pedigree.registry.scan.findings import CheckResult, refuse, result, worst
from pedigree.registry.scan.opinions import CHANGES, OPINIONS
from pedigree.registry.scan.subject import Subject, Unreadable, look_at
from pedigree.step.canonical import canonical_json
from pedigree.step.digests import tree_digest

SCHEMA = "pedigree.scan/1"


@dataclass(frozen=True)
class ScanReport:
    """What a scan has to say. It holds no time, host or path: the same files give the same bytes.

    Attributes:
        kind: `base` or `adapter`.
        files: Path -> sha256, of every file that was looked at.
        approved: uid of the model that it was compared with; empty when there was none.
        checks: The results, in the order of the checks.
    """

    kind: str
    files: Mapping[str, str]
    approved: str
    checks: tuple[CheckResult, ...]

    @property
    def verdict(self) -> str:
        """The worst of its checks: `pass`, `review` or `refuse`."""
        return worst(check.verdict for check in self.checks)

    @property
    def uid(self) -> str:
        """Digest of the directory, by the digests of its files."""
        return uid_of(self.files)

    def document(self) -> dict[str, Any]:
        """The report as a JSON document."""
        return {
            "schema": SCHEMA,
            "kind": self.kind,
            "uid": self.uid,
            "files": dict(self.files),
            "approved": self.approved,
            "verdict": self.verdict,
            "checks": [_check(check) for check in self.checks],
        }

    def render(self) -> bytes:
        """The report as canonical JSON."""
        return canonical_json(self.document()) + b"\n"


def scan_base(directory: Path, base: Path | None = None, announced: int | None = None) -> ScanReport:
    """Look at the files of a base model.

    Args:
        directory: Where they lie.
        base: An approved model that this one claims to be like; None for a new one.
        announced: How many bytes its publisher says that it has; None when nobody does.

    Raises:
        ToolError: A directory cannot be read, or is none of one model.
    """
    approved = look_at(base) if base else None
    return scan("base", look_at(directory, approved, announced), CHANGES if approved else {})


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


def uid_of(files: Mapping[str, str]) -> str:
    """How a model is called by the digests of its files."""
    return f"sha256:{tree_digest(files)}"


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


def _check(check: CheckResult) -> dict[str, Any]:
    return {
        "name": check.name,
        "claim": check.claim,
        "verdict": check.verdict,
        "tools": dict(check.tools),
        "findings": [
            {"file": one.file, "where": one.where, "what": one.what, "verdict": one.verdict} for one in check.findings
        ],
        "figures": {figure.name: figure.value for figure in check.figures},
    }
