"""The trace table as CSV, for people with a spreadsheet, and as JSON, for programs."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict, astuple, fields

from pedigree.export.evidence import Evidence
from pedigree.export.trace import Trace, traces, untraced
from pedigree.step.canonical import canonical_json

SCHEMA = "pedigree.trace/1"
# Spreadsheets take a cell that starts so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def trace_csv(evidence: Evidence) -> bytes:
    """One line an id and gate, below a line of column names, as RFC 4180 has it.

    A cell that a spreadsheet would calculate gets a `'` before it, which spreadsheets show as text.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(field.name for field in fields(Trace))
    for trace in traces(evidence):
        writer.writerow(defused(str(cell)) for cell in _cells(trace))
    return text.getvalue().encode()


def trace_json(evidence: Evidence) -> bytes:
    """The same with the release, the lineage, and the gates that no id leads to."""
    document = {
        "schema": SCHEMA,
        "release": evidence.release.address,
        "root": evidence.root,
        "standing": evidence.standing,
        "trust_root": evidence.brought.root,
        "traces": [asdict(trace) for trace in traces(evidence)],
        "untraced": untraced(evidence),
    }
    return canonical_json(document) + b"\n"


def defused(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula.

    >>> defused("=1+1"), defused("REQ-1")
    ("'=1+1", 'REQ-1')
    """
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _cells(trace: Trace) -> tuple[str, ...]:
    return tuple(str(cell).lower() if isinstance(cell, bool) else cell for cell in astuple(trace))
