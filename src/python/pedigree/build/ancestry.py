"""What a model was trained on, its ancestors' data too."""

from __future__ import annotations

from typing import Dict, Iterable, Set, Tuple

from pedigree.build import engine
from pedigree.build.facts import Facts


async def trained_on(models: Iterable[Facts]) -> Tuple[str, ...]:
    """Addresses of the datasets that these models, and all that they started from, were trained on; sorted."""
    known: Dict[str, Facts] = {}
    fresh = {facts.address: facts for facts in models}
    while fresh:
        known.update(fresh)
        sources: Set[str] = {address for facts in fresh.values() for address in facts.started_from}
        found = await engine.facts_at(sorted(sources - set(known)), "what a model started from")
        fresh = {facts.address: facts for facts in found}
    return tuple(sorted({address for facts in known.values() for address in facts.datasets}))
