"""Keeps a completion example only when its own answer compiles for host and target and passes its unit test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pedigree.verifiers.compiler import compile_units
from pedigree.verifiers.completion import fill
from pedigree.verifiers.toolchain import Target
from pedigree.verifiers.unit_test import run_units


def verify(examples: Sequence[Mapping[str, Any]]) -> list[str]:
    """For each example, why it is dropped; empty when it is kept.

    Args:
        examples: What `completion` generated.
    """
    units = {
        f"{number:06d}": fill(example["evidence"]["unit"], example["evidence"]["expression"])
        for number, example in enumerate(examples)
    }
    cross = compile_units(units, Target.CORTEX_M4)
    tested = run_units(units)
    reasons = []
    for name in units:
        if not _agrees(examples[int(name)]):
            reasons.append("record and evidence differ")
        elif not tested[name].compiles:
            reasons.append("does not compile for host")
        elif not cross[name].ok:
            reasons.append("does not compile for cortex-m4")
        else:
            reasons.append("" if tested[name].passes else "fails its unit test")
    return reasons


def _agrees(example: Mapping[str, Any]) -> bool:
    """Whether a record's answer is the expression that is tested, for the function that is tested."""
    record, expression = example["record"], example["evidence"]["expression"]
    if "messages" in record:
        return bool(record["messages"][1]["content"] == expression)
    if "text" in record:
        noted = record["text"].partition("<|note|>")[2]
        return noted in ("", expression)
    return bool(record["reference"] == expression and record["unit"] == example["evidence"]["unit"])
