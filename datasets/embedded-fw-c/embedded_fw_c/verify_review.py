"""Keeps a review example only when the compiler takes it and the analyser agrees with its label.

A snippet is analysed in each of its contexts. Rules on identifiers (5.x), on unused things (2.x) and on declarations
and linkage (8.x) are left out of the comparison: they are about the files around a snippet, which nobody sees. Of all
others, exactly the expected one must be reported, and none for `OK`; a snippet that cannot be judged must get another
verdict in each of its contexts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pedigree.verifiers.compiler import compile_units
from pedigree.verifiers.misra import analyse, broken_rules
from pedigree.verifiers.toolchain import Target

_HEADERS = "#include <stdint.h>\n#include <stdbool.h>\n#include <stddef.h>\n"
_DEFINITION = re.compile(r"^([a-z][^\n;{}=]*\))\n\{", re.MULTILINE)
_ABOUT_OTHER_FILES = ("2.", "5.", "8.")
_OK = "OK"
_ESCALATE = "ESCALATE"


def verify(examples: Sequence[Mapping[str, Any]]) -> list[str]:
    """For each example, why it is dropped; empty when it is kept.

    Args:
        examples: What `review` or `preferences` generated.
    """
    units: dict[str, str] = {}
    expected: dict[str, str] = {}
    for number, example in enumerate(examples):
        for verdict, context in example["evidence"]["contexts"].items():
            name = f"{number}/{verdict}"
            units[name] = _unit(example["evidence"]["code"], context)
            expected[name] = verdict
    reasons = _compile_reasons(units)
    told = ["" if _agrees(example) else "record and evidence differ" for example in examples]
    good = {name: unit for name, unit in units.items() if name not in reasons}
    for name, findings in analyse(good).items():
        rules = [rule for rule in broken_rules(findings) if not rule.startswith(_ABOUT_OTHER_FILES)]
        wanted = [] if expected[name] == _OK else [expected[name]]
        if rules != wanted:
            reasons[name] = "analyser disagrees with the label"
    return [
        told[number] or next((reasons[name] for name in _names_of(number, example) if name in reasons), "")
        for number, example in enumerate(examples)
    ]


def _agrees(example: Mapping[str, Any]) -> bool:
    """Whether a record shows the code that is analysed, and says the verdict that its contexts prove."""
    record, evidence = example["record"], example["evidence"]
    verdicts = set(evidence["contexts"])
    label = _ESCALATE if len(verdicts) > 1 else next(iter(verdicts))
    if label == _ESCALATE and _OK not in verdicts:
        return False
    token = f"<|{label}|>"
    if "messages" in record:
        user, assistant = record["messages"]
        return bool(user["content"].endswith(evidence["code"]) and assistant["content"] == token)
    if "chosen" in record:
        shown = record["prompt"][0]["content"].endswith(evidence["code"])
        return bool(shown and record["chosen"][0]["content"] == token != record["rejected"][0]["content"])
    if "text" in record:
        noted = record["text"].partition("<|note|>")[2]
        return evidence["code"] in record["text"] and noted in ("", token)
    return bool(record["prompt"].endswith(evidence["code"]) and record["label"] == label)


def _names_of(number: int, example: Mapping[str, Any]) -> list[str]:
    return [f"{number}/{verdict}" for verdict in example["evidence"]["contexts"]]


def _compile_reasons(units: Mapping[str, str]) -> dict[str, str]:
    reasons: dict[str, str] = {}
    for target in Target:
        for name, result in compile_units(units, target).items():
            if not result.ok:
                reasons.setdefault(name, f"does not compile for {target.value}")
    return reasons


def _unit(code: str, context: str) -> str:
    """The snippet as a file: with headers, what is hidden, and a prototype before each function, as rule 8.4 wants."""
    prototyped = _DEFINITION.sub(lambda match: f"{match.group(1)};\n{match.group(1)}\n{{", code)
    return f"{_HEADERS}{context}\n{prototyped}\n"
