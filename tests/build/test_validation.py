"""What a field's value must look like."""

from __future__ import annotations

import pytest

from pedigree.build import validation
from pedigree.build.addresses import short
from pedigree.build.verdict import faults, table
from pedigree.data.forms import SCHEMAS
from pedigree.evaluation.metrics import METRICS


@pytest.mark.parametrize("gate", [">= 0.90", "<= 1", "<= 1.00", ">= 0"])
def test_gates_that_are_understood(gate: str) -> None:
    assert validation.gates({"accuracy": gate}) is None


@pytest.mark.parametrize(
    "gate", ["0.9", "> 0.9", ">=0.9", ">= .9", ">= 1e-3", ">= 00.9", ">= 0.9 ", ">= nan", ">= 12.5", ">= 1.01"]
)
def test_gates_that_are_refused(gate: str) -> None:
    fault = validation.gates({"accuracy": gate})
    assert fault and repr(gate) in fault.what


@pytest.mark.parametrize("one", ["REQ-12", "RISK-7", "SRS-3.2.1", "42", "haz_004", "A" * 64])
def test_ids_of_requirements_that_are_understood(one: str) -> None:
    assert validation.traces({"accuracy": [one]}) is None


@pytest.mark.parametrize("one", ["", " REQ-1", "REQ 1", "=REQ-1", "-1", "REQ-1\n", "REQ,1", "RÉQ-1", "A" * 65])
def test_ids_of_requirements_that_are_refused(one: str) -> None:
    fault = validation.traces({"accuracy": ["REQ-1", one]})
    assert fault and repr(one) in fault.what


def test_a_traced_metric_names_each_id_once_and_at_least_one() -> None:
    twice = validation.traces({"accuracy": ["REQ-1", "RISK-7", "REQ-1"]})
    assert twice and "names the id 'REQ-1' twice" in twice.what
    none = validation.traces({"accuracy": []})
    assert none and "names no id for metric 'accuracy'" in none.what


def test_metrics_are_those_that_the_judge_can_take() -> None:
    assert {name: metric.task for name, metric in METRICS.items()} == validation.METRICS
    assert set(validation.FORMS) == set(SCHEMAS)
    fault = validation.metrics(["review_coverage", "accuracy"])
    assert fault and "unknown metric 'accuracy'" in fault.what and "review_coverage" in fault.hint


@pytest.mark.parametrize("value", [-1, True, 2**32])
def test_seeds_that_are_refused(value: object) -> None:
    assert validation.natural(value)


def test_a_count_of_nothing_is_refused() -> None:
    assert validation.positive(0) and validation.positive(1) is None


@pytest.mark.parametrize("digest", ["", "A" * 64, "0" * 63, "sha256:" + "0" * 64])
def test_digests_that_are_refused(digest: str) -> None:
    assert validation.digests({"config.json": digest})


def test_addresses_are_shown_as_people_write_them() -> None:
    assert short("a/b:b") == "a/b" and short("a/b:c") == "a/b:c" and short("//:x") == "//:x"


def test_metrics_stand_beside_their_gates() -> None:
    report = (
        b'{"stages":[{"stage":"base","metrics":{"a":{"value":"0.1"},"b":{"value":"1"}}},'
        b'{"stage":"SFT","metrics":{"a":{"value":"0.8"}}}],'
        b'"gates":[{"metric":"a","comparison":">=","threshold":"0.9","value":"0.8","passed":false}]}'
    )
    assert table(report).splitlines() == [
        "metric  base  SFT  gate",
        "a       0.1   0.8  >= 0.9  NOT MET",
        "b       1     -    -",
    ]
    assert faults(report) == ["a is 0.8, but must be >= 0.9"]
