from __future__ import annotations

import random
from typing import Any

from embedded_fw_c import completion, verify_completion
from embedded_fw_c.operations import OPERATIONS
from embedded_fw_c.shapes import SHAPES


def examples(split: str, count: int = 40) -> list[dict[str, Any]]:
    return list(completion.generate(9, count, {"split": split, "form": "completion"}))


def claim(unit: str, expression: str) -> dict[str, Any]:
    """An example that claims an expression for a unit."""
    evidence = {"unit": unit, "expression": expression}
    return {"record": {"reference": expression, "unit": unit}, "evidence": evidence}


def test_a_record_with_another_answer_than_the_one_tested_is_dropped() -> None:
    example = examples("train", 1)[0]
    swapped = {"record": {**example["record"], "reference": "0u"}, "evidence": example["evidence"]}
    assert verify_completion.verify([example, swapped]) == ["", "record and evidence differ"]


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
    claims = [claim(one.unit, one.expression) for one in written]
    assert set(verify_completion.verify(claims)) == {""}


def test_an_expression_that_computes_something_else_is_dropped() -> None:
    example = next(e for e in examples("train", 300) if "set_bit" in e["record"]["template"])
    wrong = example["evidence"]["expression"].replace("|", "^")
    mended = claim(example["evidence"]["unit"], wrong)
    assert verify_completion.verify([example, mended])[0] == ""
    assert verify_completion.verify([mended, mended]) == ["fails its unit test"] * 2


def test_an_expression_that_is_no_c_is_dropped() -> None:
    example = examples("train", 1)[0]
    broken = claim(example["evidence"]["unit"], "undeclared + 1u")
    assert verify_completion.verify([broken]) == ["does not compile for host"]
