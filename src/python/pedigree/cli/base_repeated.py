"""A scan made again by who approves: the report that was filed is a file, and files can be edited."""

from __future__ import annotations

from pathlib import Path

from pedigree.cli.base_look import look
from pedigree.registry.scan.stated import StatedReport
from pedigree.step.canonical import parse_json
from pedigree.step.digests import sha256_bytes
from pedigree.trust.entry import Entry
from pedigree.trust.errors import Refused
from pedigree.trust.register import Register


def require_repeated(
    register: Register, entry: Entry, report: StatedReport, model: Path, manifest: str | None, against: Path | None
) -> None:
    """Scan a model again. A scan depends on nothing but the files, so it must write the very report.

    Args:
        register: What is filed.
        entry: What is to be signed.
        report: What the filed report states.
        model: Where the model's files lie.
        manifest: Which of them is a weights manifest.
        against: With what the model was compared.

    Raises:
        ToolError: A file is not there.
        Refused: It writes another.
    """
    names = sorted([*report.beside, manifest]) if manifest else sorted(report.files)
    again = look(model, names, manifest, against).report.render()
    if sha256_bytes(again) != entry.scan:
        (filed,) = {data for data in register.files.values() if sha256_bytes(data) == entry.scan}
        raise Refused(
            f"scanned again, '{entry.name}' gives another report than the one that was filed; {_other(filed, again)}",
            "look at both; with other versions of the tools, propose it again",
        )


def _other(filed: bytes, again: bytes) -> str:
    """Where two reports differ first."""
    before, now = (parse_json(data, "the report") for data in (filed, again))
    for key in sorted(before.keys() | now.keys()):
        if key != "checks" and before.get(key) != now.get(key):
            return f"they differ in {key!r}"
    checks = {check["name"]: check for check in before["checks"]}
    names = [check["name"] for check in now["checks"] if checks.get(check["name"]) != check]
    return f"they differ in the check {names[0]!r}" if names else "they differ in what was checked"
