"""The report of a scan: what was looked at, what was found, and what follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pedigree.registry.scan.findings import CheckResult, worst
from pedigree.step.canonical import canonical_json
from pedigree.step.digests import tree_digest

SCHEMA = "pedigree.scan/1"


@dataclass(frozen=True)
class ScanReport:
    """What a scan has to say. It holds no time, host or path: the same files give the same bytes.

    Attributes:
        kind: `base`, `adapter` or `probe`.
        files: Path -> sha256, of every file that was looked at.
        approved: uid of the model that it was compared with; empty when there was none.
        checks: The results, in the order of the checks.
        beside: Path -> sha256, of manifests of datasets that lie beside a weights manifest; they are of no model.
    """

    kind: str
    files: Mapping[str, str]
    approved: str
    checks: tuple[CheckResult, ...]
    beside: Mapping[str, str] = field(default_factory=dict)

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
        beside = {"beside": dict(self.beside)} if self.beside else {}
        return {
            **beside,
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


def uid_of(files: Mapping[str, str]) -> str:
    """How a model is called by the digests of its files."""
    return f"sha256:{tree_digest(files)}"


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
