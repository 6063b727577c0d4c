"""What people approved of a base model: who published it, under which terms it comes, and the files that say so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pedigree.export.evidence import Evidence
from pedigree.export.identifiers import location
from pedigree.export.steps import Step
from pedigree.trust.attestations import ATTESTED
from pedigree.trust.entry import Entry
from pedigree.trust.places import BUNDLE, ENTRY, place_of
from pedigree.trust.registered import Registered


@dataclass(frozen=True)
class Supplied:
    """A base model as it was approved.

    Attributes:
        entry: What was approved.
        approvals: Who approved it, in which role, when, and what he meant by it; one line each.
        entry_file: Path in the release of the entry.
        signed: Paths of the signed approvals.
        scan: Path of the report of the scan.
        cards: Paths of the publisher's card and of what was added to it.
    """

    entry: Entry
    approvals: tuple[str, ...]
    entry_file: str
    signed: tuple[str, ...]
    scan: str
    cards: tuple[str, ...]

    @property
    def location(self) -> str:
        """The URL that it came from; empty where its entry names something else."""
        return location(self.entry.source)


def supplied(evidence: Evidence, step: Step) -> Supplied | None:
    """What a release brings of the approval of a base model; None for other steps, and where it brings nothing."""
    registered = evidence.brought.bases.get(step.name)
    return _of(evidence, registered) if registered else None


def all_supplied(evidence: Evidence) -> Iterator[Supplied]:
    """Every base model that a release brings the approval of, in the order of its steps."""
    return (found for step in evidence.steps if (found := supplied(evidence, step)))


def _of(evidence: Evidence, registered: Registered) -> Supplied:
    entry = registered.entry
    place = f"{ATTESTED}/{place_of(entry.uid)}/"
    beside = {sha256: path for path, sha256 in evidence.files.items() if path.startswith(place)}
    people = [approval.signature for approval in registered.approvals]
    return Supplied(
        entry=entry,
        approvals=tuple(sorted(f"{one.name} ({one.role}, {one.time}): {one.meaning}" for one in people)),
        entry_file=f"{place}{ENTRY}",
        signed=tuple(sorted(path for path in beside.values() if path.endswith(BUNDLE))),
        scan=beside[entry.scan],
        cards=tuple(sorted({beside[entry.card], beside[entry.addendum]})),
    )
