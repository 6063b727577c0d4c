from __future__ import annotations

import sys
from dataclasses import replace

import pytest

from pedigree.step.errors import ToolError
from pedigree.step.record import Input, Record
from pedigree.trust.closure import Closure, close, role_files, sources_of
from trust.builder import JUDGE, RELEASE_STEP, closure_of_demo, record, with_changes

SHA = "ab" * 32


def closed(records: list[Record]) -> Closure:
    return close({record.name: record for record in records}, RELEASE_STEP)


def test_every_step_stands_after_those_it_consumed() -> None:
    names = [record.name for record in closed(closure_of_demo()[0]).steps]
    assert len(names) == 9 and names[-1] == RELEASE_STEP
    for step in closed(closure_of_demo()[0]).steps:
        for origin in step.inputs.values():
            assert not origin.step or names.index(origin.step) < names.index(step.name)


def test_the_order_does_not_depend_on_that_of_the_records() -> None:
    records = closure_of_demo()[0]
    assert closed(records) == closed(records[::-1])


def test_sources_are_files_code_and_lock() -> None:
    (sft,) = (record for record in closure_of_demo()[0] if record.name == "models.demo.sft")
    assert sorted(sources_of(sft)) == [
        "3rdparty/python/data.lock",
        "sft.yaml",
        "src/python/pedigree/training/__init__.py",
        "src/python/pedigree/training/sft.py",
    ]
    assert role_files(sft, "hyperparameters").keys() == {"sft.yaml"}


def test_a_lineage_may_be_deeper_than_the_stack() -> None:
    files = {"model/model.safetensors": b"weights"}
    chain = [record("m:0", "base_model", "pedigree.registry.pin", files, roles={"files": ("m", files)})]
    for number in range(1, 2 * sys.getrecursionlimit()):
        roles = {"base": chain[-1]}
        chain.append(record(f"m:{number}", "finetune", "pedigree.training.sft", files, roles=roles))
    closure = close({each.name: each for each in chain[::-1]}, chain[-1].name)
    assert [each.name for each in closure.steps] == [each.name for each in chain]


def test_a_circle_is_told_step_by_step() -> None:
    changed = with_changes(closure_of_demo()[0], "models.base.tiny", inputs={"files": Input(JUDGE, "")})
    with pytest.raises(ToolError) as told:
        closed(changed)
    circle = f"models.base.tiny <- {JUDGE} <- {JUDGE}.predict-0 <- models.base.tiny"
    assert told.value.what == f"steps consume each other: {RELEASE_STEP} <- {circle}"


def test_a_missing_step_is_an_error() -> None:
    records = [record for record in closure_of_demo()[0] if record.name != JUDGE]
    with pytest.raises(ToolError, match=f"record of step '{JUDGE}' is missing"):
        closed(records)


def test_a_superfluous_step_is_an_error() -> None:
    records = closure_of_demo()[0]
    with pytest.raises(ToolError, match="'stray', which"):
        closed([*records, replace(records[0], name="stray")])


def test_a_circle_is_an_error() -> None:
    records = closure_of_demo()[0]
    changed = with_changes(records, "models.base.tiny", inputs={"files": Input(RELEASE_STEP, "")})
    with pytest.raises(ToolError, match="consume each other"):
        closed(changed)


@pytest.mark.parametrize(
    ("name", "changes", "told"),
    [
        ("models.base.tiny", {"products": {"model/config.json": SHA}}, "is not what 'models.base.tiny' made"),
        ("models.base.tiny", {"products": {}}, "made nothing"),
        ("models.base.tiny", {"products": {"a": "AB" * 32}}, "not a SHA-256 in hex"),
        ("models.base.tiny", {"products": {"a\nb": SHA}}, "may not be named"),
        ("models.base.tiny", {"products": {"tree:": SHA}}, "may not be named"),
        ("models.base.tiny", {"materials": {"inputs/other/x": SHA}}, "no declared input"),
    ],
)
def test_records_that_do_not_fit_together_are_an_error(name: str, changes: dict[str, object], told: str) -> None:
    with pytest.raises(ToolError, match=told):
        closed(with_changes(closure_of_demo()[0], name, **changes))


def test_two_versions_of_one_source_are_an_error() -> None:
    records = closure_of_demo()[0]
    tool = replace(records[0].tool, lock_sha256=SHA)
    with pytest.raises(ToolError, match=r"different versions of 3rdparty/python/data\.lock"):
        closed(with_changes(records, "models.demo.sft", tool=tool))
