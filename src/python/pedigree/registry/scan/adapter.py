"""The scan of an adapter: the checks of every model, and what makes it fit its base and stand out from its like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from pedigree.registry.scan import adapter_fit, adapter_norms
from pedigree.registry.scan.adapter_probe import not_probed, read_probe
from pedigree.registry.scan.checks import Check
from pedigree.registry.scan.opinions import CHANGES
from pedigree.registry.scan.report import ScanReport, scan
from pedigree.registry.scan.subject import Subject, Unreadable, look_at
from pedigree.registry.scan.tokenizer_file import FILE
from pedigree.step.errors import ToolError
from pedigree.step.model_files import base_digest

ADAPTER: Mapping[str, Check] = {
    "adapter-base": Check(adapter_fit.BASE_CLAIM, adapter_fit.check_adapter_base),
    "adapter-modules": Check(adapter_fit.MODULES_CLAIM, adapter_fit.check_adapter_modules),
    "adapter-norms": Check(adapter_norms.CLAIM, adapter_norms.check_adapter_norms, (adapter_norms.TOOL,)),
}


def scan_adapter(directory: Path, base: Path, probe: Path | None = None) -> ScanReport:
    """Look at the files of an adapter, beside the base that it belongs on.

    Args:
        directory: Of the adapter.
        base: Of the model.
        probe: The report of the probe battery, which needs torch and is a tool of its own; None when it was not run.

    Raises:
        ToolError: A directory or the report cannot be read, or is about something else.
    """
    approved = look_at(base)
    subject = replace(look_at(directory, approved), adapter=True)
    report = scan("adapter", subject, {**_changes(subject), **ADAPTER})
    if probe is None:
        return replace(report, checks=(*report.checks, not_probed()))
    return replace(report, checks=(*report.checks, read_probe(probe, report.files, _digest(approved))))


def _digest(base: Subject) -> str:
    try:
        return base_digest({name: file.sha256 for name, file in base.files.items()})
    except Unreadable as error:
        raise ToolError(f"a file of the base {error}", "let nobody write to it while it is looked at") from error


def _changes(subject: Subject) -> dict[str, Check]:
    """What an adapter brings along must be its base's; what it does not bring is its base's anyway."""
    brought = {
        "template-change": bool(subject.with_suffix(".jinja") or subject.find("tokenizer_config.json")),
        "tokenizer-change": FILE in subject.files,
    }
    return {name: check for name, check in CHANGES.items() if brought[name]}
