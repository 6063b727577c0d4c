from __future__ import annotations

import random
from typing import Any

from embedded_fw_c import completion, verify_completion
from embedded_fw_c.operations import OPERATIONS
from embedded_fw_c.shapes import SHAPES


def examples(split: str, count: int = 40) -> list[dict[str, Any]]:
    return list(completion.generate(9, count, {"split": split, "form": "completion"}))


def test_there_are_at_least_thirty_templates_and_splits_share_none() -> None:
    names = {split: {t.name for t in completion.completion_templates(split)} for split in ("train", "dev", "sealed")}
    assert sum(len(group) for group in names.values()) == len(OPERATIONS) * len(SHAPES) >= 30
    assert not names["train"] & names["sealed"]
    assert not names["train"] & names["dev"]


def test_each_operation_and_each_shape_of_a_held_out_pair_is_trained_in_other_pairs() -> None:
    train = completion.completion_templates("train")
    assert {template.operation.name for template in train} == {operation.name for operation in OPERATIONS}
    assert {template.shape.name for template in train} == {shape.name for shape in SHAPES}


def test_every_operation_in_every_shape_compiles_and_passes_its_own_test() -> None:
    rng = random.Random(1)
    written = [
        completion.write_exercise(completion.CompletionTemplate(operation, shape), rng)
        for operation in OPERATIONS
        for shape in SHAPES
    ]
    evidence = [{"evidence": {"unit": one.unit, "expression": one.expression}} for one in written]
    assert set(verify_completion.verify(evidence)) == {""}


def test_an_expression_that_computes_something_else_is_dropped() -> None:
    example = next(e for e in examples("train", 300) if "set_bit" in e["record"]["template"])
    wrong = example["evidence"]["expression"].replace("|", "^")
    mended = {"evidence": {"unit": example["evidence"]["unit"], "expression": wrong}}
    assert verify_completion.verify([example, mended])[0] == ""
    assert verify_completion.verify([mended, mended]) == ["fails its unit test"] * 2


def test_an_expression_that_is_no_c_is_dropped() -> None:
    example = examples("train", 1)[0]
    broken = {"evidence": {"unit": example["evidence"]["unit"], "expression": "undeclared + 1u"}}
    assert verify_completion.verify([broken]) == ["does not compile for host"]
