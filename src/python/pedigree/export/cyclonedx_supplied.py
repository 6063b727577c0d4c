"""What a bill of materials in CycloneDX says of base models because people approved it: publisher, terms, approvals."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pedigree.export.evidence import Evidence
from pedigree.export.supplied import Supplied, all_supplied

_OBLIGATION = "pedigree:license:obligation"


def publisher(found: Supplied) -> dict[str, Any]:
    """Who published a base model; nothing where its entry names nobody."""
    name = found.entry.publisher
    return {"publisher": name, "supplier": {"name": name}} if name else {}


def concluded(found: Supplied) -> dict[str, Any]:
    """The terms that were approved, with what they ask of whoever hands the model on."""
    terms = found.entry.license
    told = [("pedigree:license:family", terms.family), ("pedigree:license:review", terms.approval)]
    told += [(_OBLIGATION, obligation) for obligation in terms.obligations]
    return {"expression": terms.spdx, "acknowledgement": "concluded", "properties": named(told)}


def approved(found: Supplied) -> list[dict[str, str]]:
    """Where it came from, if that is no URL, how much depends on it, and who approved it."""
    source = "" if found.location else found.entry.source
    told = [("pedigree:source", source), ("pedigree:tier", found.entry.tier)]
    return named([*told, *(("pedigree:approval", approval) for approval in found.approvals)])


def obligations(evidence: Evidence) -> list[dict[str, str]]:
    """What the terms of all base models ask of whoever hands the delivered model on, each with its license."""
    entries = {found.entry.uid: found.entry for found in all_supplied(evidence)}.values()
    return named(
        (_OBLIGATION, f"{entry.name} ({entry.license.spdx}): {obligation}")
        for entry in entries
        for obligation in entry.license.obligations
    )


def files(found: Supplied) -> list[tuple[str, str]]:
    """Kind of reference and path in the release, of what was looked at and signed."""
    signed = [("electronic-signature", path) for path in found.signed]
    cards = [("model-card", path) for path in found.cards]
    return [("evidence", found.entry_file), ("static-analysis-report", found.scan), *cards, *signed]


def named(values: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    """Properties as CycloneDX writes them; those without a value are left out."""
    return [{"name": name, "value": value} for name, value in values if value]
