"""What a model was trained on, its ancestors' data too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Iterable, Set, Tuple

from pedigree.build import engine
from pedigree.build.facts import Facts


@dataclass(frozen=True)
class Ancestry:
    """Where models come from.

    Attributes:
        datasets: Addresses of what they, and all that they started from, were trained on; sorted.
        bases: Addresses of the base models among them, whose training is no stage of this graph; sorted.
    """

    datasets: Tuple[str, ...]
    bases: Tuple[str, ...]


async def ancestry_of(models: Iterable[Facts]) -> Ancestry:
    """Follow these models to what they started from."""
    known: Dict[str, Facts] = {}
    fresh = {facts.address: facts for facts in models}
    while fresh:
        known.update(fresh)
        sources: Set[str] = {address for facts in fresh.values() for address in facts.started_from}
        found = await engine.facts_at(sorted(sources - set(known)), "what a model started from")
        fresh = {facts.address: facts for facts in found}
    return Ancestry(
        tuple(sorted({address for facts in known.values() for address in facts.datasets})),
        tuple(sorted(facts.address for facts in known.values() if facts.kind == "base_model")),
    )
