"""Somebody who verifies attestations: he was handed a trust root once, has a clock, and remembers what he saw."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pedigree.trust import authority, chain, freshness, remembered
from pedigree.trust.authority import Authority
from pedigree.trust.root import TrustRoot
from trust.builder import digests
from trust.office import Office

MODEL = digests({"config.json": b"{}", "model.safetensors": b"good weights"})
EVIL = digests({"config.json": b"{}", "model.safetensors": b"evil weights"})
DAY = timedelta(days=1)


@dataclass
class Verifier:
    """He who is attacked.

    Attributes:
        memory: Where he remembers.
        anchor: The trust root that he was handed.
        now: What his clock says.
        max_age: How old a snapshot he believes; None for as old as it says.
    """

    memory: Path
    anchor: TrustRoot
    now: datetime = field(default=datetime(2026, 2, 1, tzinfo=UTC))
    max_age: timedelta | None = None

    def believes(self, files: dict[str, bytes]) -> Authority:
        """What is in force by these files, by all checks in their order."""
        family = chain.family_of(files, self.anchor)
        seen = remembered.recall(self.memory, family)
        found = authority.load_authority(files, self.anchor, seen.keys, seen.roots)
        remembered.compare(self.memory, family, found)
        freshness.freshness(found.snapshot, self.now, self.max_age)
        remembered.remember(self.memory, family, found)
        return found


def started(directory: Path) -> tuple[Office, TrustRoot, Verifier]:
    """A good office with a trust root, and somebody who verifies what it publishes."""
    office = Office(directory)
    office.people["Quirin"] = "quality"
    root = office.publish_root(office.root(), "Olga")
    return office, root, Verifier(directory / "memory", root)
