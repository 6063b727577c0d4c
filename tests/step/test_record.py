from __future__ import annotations

from dataclasses import replace

import pytest

from pedigree.step.canonical import canonical_json, parse_json
from pedigree.step.record import Input, Record, Tool, step_name

RECORD = Record(
    name="models.x.sft",
    address="models/x:sft",
    kind="finetune",
    tool=Tool(
        "pedigree.training.sft",
        "ml",
        "3rdparty/python/ml.lock",
        "1" * 64,
        {"torch": "2.13.0"},
        "5" * 64,
        "Python 3.11.2",
        "2" * 64,
    ),
    config={"seed": 7, "weights": "lora"},
    command=("python3.11", "-m", "pedigree.training.sft", "."),
    environment={"LANG": "C.UTF-8"},
    platform={"isa": "x86_64", "system": "linux"},
    properties={"pool": "cpu"},
    accelerator={},
    builder="workstation",
    reproducibility="bitwise",
    inputs={"base": Input("models.base.x", ""), "hyperparameters": Input("", "models/x")},
    materials={"inputs/hyperparameters/sft.yaml": "3" * 64},
    products={"model/adapter_model.safetensors": "4" * 64},
)


def test_a_record_survives_its_json() -> None:
    assert Record.from_json(parse_json(canonical_json(RECORD.to_json()), "record")) == RECORD


def test_the_identity_is_that_of_step_and_result_whoever_ran_it() -> None:
    assert replace(RECORD, builder="ci").identity == RECORD.identity
    assert replace(RECORD, products={"training.json": "4" * 64}).identity != RECORD.identity
    assert replace(RECORD, accelerator={"name": "NVIDIA H200"}).identity != RECORD.identity


def test_reading_leaves_the_document_as_it_was() -> None:
    document = RECORD.to_json()
    Record.from_json(document)
    assert document == RECORD.to_json()


def test_a_document_of_another_schema_is_refused() -> None:
    with pytest.raises(ValueError, match=r"not a pedigree\.record/1 document: schema is 'pedigree\.record/2'"):
        Record.from_json({**RECORD.to_json(), "schema": "pedigree.record/2"})


@pytest.mark.parametrize(
    ("address", "part", "name"),
    [
        ("models/embedded-fw-c:sft", "", "models.embedded-fw-c.sft"),
        ("models/embedded-fw-c:eval", "judge", "models.embedded-fw-c.eval.judge"),
        ("//:root", "", "root"),
    ],
)
def test_a_step_has_a_name_that_is_no_path(address: str, part: str, name: str) -> None:
    assert "/" not in step_name(address, part)
    if not address.startswith("//"):
        assert step_name(address, part) == name
