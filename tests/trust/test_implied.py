"""Check 10: `lineage.json` is held against the whole of what the signed evidence implies."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from typing import Any

import pytest

from pedigree.trust.delivery_checks import CHECKS
from pedigree.trust.errors import Refused
from pedigree.trust.evidence import Delivered
from pedigree.trust.public import PublicKey
from pedigree.trust.seal import seal
from trust.builder import closure_of_demo, deliver, lay_out, with_changes

CHECK = dict(CHECKS)["lineage.json says what the signed evidence says"]


def test_10_nothing_of_the_graph_can_be_other_than_what_is_signed(release: Path, public: PublicKey) -> None:
    delivered = Delivered(release, public)
    graph = delivered.lineage
    assert CHECK(delivered) == f"{len(graph['steps'])} steps, {len(graph['edges'])} edges"
    places = list(_places(graph))
    assert len(places) > 100
    for *way, last in places:
        for removed in (False, True):
            changed = copy.deepcopy(graph)
            part = reduce(lambda inner, key: inner[key], way, changed)
            told = part.pop(last)
            if not removed and isinstance(part, list):
                part.insert(last, _another(told))
            elif not removed:
                part[last] = _another(told)
            vars(delivered)["lineage"] = changed  # as if it had been read; signatures need no second look
            with pytest.raises((Refused, KeyError)):
                CHECK(delivered)


def _another(told: Any) -> Any:
    return told + 1 if isinstance(told, int) else f"{told}x"


def test_10_a_config_that_python_takes_for_equal_is_another(tmp_path: Path, uri: str, public: PublicKey) -> None:
    records, delivered = closure_of_demo()
    work = lay_out(tmp_path / "work", uri, with_changes(records, "models.demo.sft", config={"epochs": 1}), delivered)
    seal(work, uri)
    release = deliver(work)
    text = (release / "lineage.json").read_text()
    (release / "lineage.json").write_text(text.replace('"epochs":1', '"epochs":true'))
    with pytest.raises(Refused, match="another 'config' of 'models.demo.sft'"):
        CHECK(Delivered(release, public))


def _places(value: Any) -> Iterator[tuple[Any, ...]]:
    """Ways to everything in a JSON document that holds nothing."""
    if not isinstance(value, dict | list):
        yield ()
        return
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        for way in _places(inner):
            yield (key, *way)
