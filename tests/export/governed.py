"""The staged release as people govern it: a base model with obligations, its approvals, a plan, and a revocation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from export.staged import records_of
from pedigree.trust.entry import License
from pedigree.trust.graph import graph_of_records
from pedigree.trust.pair import draft_pair
from pedigree.trust.proposal import propose
from pedigree.trust.public import PublicKey
from pedigree.trust.seal import seal
from trust.builder import RELEASE_STEP, base_files, deliver, lay_out
from trust.office import APPROVALS, LATER, Office

ASKED = ("hand on the license text", "offer the source of files that were changed")
TERMS = License("MPL-2.0", "conditional", ASKED, "LEGAL-2026-7")
PUBLISHER, SOURCE = "Example Lab", "https://example.org/models/tiny?revision=1"
BASE = "models.base.tiny"
MEANING = "I reviewed it and approve its use"
APPROVED = [f"Lea (legal, 2026-01-31T12:00:00Z): {MEANING}", f"Quentin (quality, 2026-01-31T12:00:00Z): {MEANING}"]


@dataclass(frozen=True)
class Governed:
    """A release, and whoever sealed it."""

    release: Path
    public: PublicKey
    office: Office


def govern(directory: Path, unplanned: str = "", **changes: object) -> Governed:
    """Build the release.

    Args:
        directory: Where keys and release lie.
        unplanned: A metric whose gate the owners leave out of their plan.
        changes: Of the entry of the base model.
    """
    office = Office(directory)
    records, delivered = records_of()
    root = office.publish_root(office.root(), "Olga")
    (base,) = [record for record in records if record.kind == "base_model"]
    fields = {"license": TERMS, "publisher": PUBLISHER, "source": SOURCE, **changes}
    office.approve(office.propose(base.address, base_files(base), **fields), "Quentin", "Lea")
    office.revoke("Quentin", "dataset", {"datasets/other:sft": "ab" * 32})
    plan = propose(graph_of_records({record.name: record for record in records}, RELEASE_STEP), APPROVALS)
    stages = [replace(stage, gates=dict(_others(stage.gates, unplanned))) for stage in plan.stages]
    plan = replace(plan, stages=tuple(stages))
    office.files.update(draft_pair(plan, root).with_signature(office.signer("Olga")).to_files())
    office.publish_snapshot(root, time=LATER)
    uri = office.uri("Ray")
    seal(lay_out(directory / "work", uri, records, delivered, office.files), uri)
    return Governed(deliver(directory / "work"), office.key("Ray"), office)


def _others(gates: Mapping[str, str], metric: str) -> Iterator[tuple[str, str]]:
    return ((name, gate) for name, gate in gates.items() if name != metric)
