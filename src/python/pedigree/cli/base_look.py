"""Looking at a model before anything loads it: its own files, or those that a weights manifest names."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pedigree.registry.scan.report import ScanReport, scan_base, scan_beside
from pedigree.registry.scan.subject import look_at_verified
from pedigree.registry.selection import selected
from pedigree.registry.store import default_store
from pedigree.registry.verified import verified_directory
from pedigree.registry.weights_manifest import parse_weights_manifest
from pedigree.step.canonical import MalformedJson, parse_json
from pedigree.step.digests import list_files, sha256_bytes
from pedigree.step.errors import ToolError
from pedigree.trust.errors import Refused
from pedigree.trust.reading import read_named

_DATASET = "pedigree.manifest/1"


@dataclass(frozen=True)
class Model:
    """What was looked at.

    Attributes:
        consumed: Name -> sha256 of what the target consumes; of a weights manifest, the files that it names.
        files: Name -> sha256 of the model's files: without what lies beside a weights manifest.
        report: What the scan found.
    """

    consumed: Mapping[str, str]
    files: Mapping[str, str]
    report: ScanReport


def look(directory: Path, names: Sequence[str], manifest: str | None, against: Path | None) -> Model:
    """Scan what a model is loaded from, and take digests of what its target consumes.

    Args:
        directory: Where its files lie.
        names: Which of them, relative to it; all when empty.
        manifest: Which of these is a weights manifest; the files that it names lie in the store.
        against: A model to compare it with.

    Raises:
        ToolError: A file cannot be read.
        Refused: Beside the weights manifest lies something that is no manifest of a dataset.
    """
    with selected(directory, names) as directory:
        if manifest is None:
            report = scan_base(directory, against)
            return Model(report.files, report.files, report)
        consumed = {name: sha256_bytes(read_named(directory / name)) for name in list_files(directory)}
        if manifest not in consumed:
            raise ToolError(f"'{manifest}' is not among the files", "name it among the FILEs, too")
        path = directory / manifest
        weights = parse_weights_manifest(read_named(path), str(path))
        _refuse_strangers(directory, consumed.keys() - {manifest})
    del consumed[manifest]
    named = {file.name: file.sha256 for file in weights.files}
    with verified_directory(default_store(), weights) as stored:
        _let_others_follow(stored, named)
        report = scan_beside(look_at_verified(stored, named), against)
    return Model({**consumed, **named}, named, replace(report, beside=consumed))


def _refuse_strangers(directory: Path, names: Iterable[str]) -> None:
    """Files beside a weights manifest, which the scan of what it names does not see, may tell of datasets alone.

    Raises:
        Refused: One is something else.
    """
    for name in sorted(names):
        try:
            document = parse_json(read_named(directory / name).decode(), name)
        except (UnicodeDecodeError, MalformedJson):
            document = None
        if not name.endswith(".json") or not isinstance(document, dict) or document.get("schema") != _DATASET:
            raise Refused(f"{name} is beside the weights manifest, but is no manifest of a dataset: nobody scans it")


def _let_others_follow(directory: Path, names: Iterable[str]) -> None:
    """Make links to open files say whose they are, not `self`: the scan has processes of its own for some checks."""
    for name in names:
        link = directory / name
        target = str(link.readlink()).replace("/proc/self/", f"/proc/{os.getpid()}/")
        link.unlink()
        link.symlink_to(target)
