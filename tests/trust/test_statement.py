from __future__ import annotations

from typing import Any

import pytest

from pedigree.trust.errors import MalformedEvidence
from pedigree.trust.statement import PROVENANCE, TEST_RESULT, check_statement, descriptor, statement, subjects_of

SHA = "ab" * 32


def make(**changes: Any) -> dict[str, Any]:
    return {**statement({"model.bin": SHA}, PROVENANCE, {"x": [descriptor("y", SHA, use="code")]}), **changes}


def test_subjects_are_sorted_and_read_back() -> None:
    document = statement({"b": SHA, "a": SHA}, PROVENANCE, {})
    assert [subject["name"] for subject in document["subject"]] == ["a", "b"]
    assert subjects_of(document) == {"a": SHA, "b": SHA}


@pytest.mark.parametrize("digest", ["zz", SHA.upper(), SHA[:-1], SHA + "0", 7, None, ""])
def test_a_digest_that_is_no_lower_case_sha256_is_refused(digest: Any) -> None:
    with pytest.raises(MalformedEvidence):
        statement({"a": digest}, PROVENANCE, {})
    with pytest.raises(MalformedEvidence):
        statement({"a": SHA}, PROVENANCE, {"deep": [{"er": {"name": "x", "digest": {"sha256": digest}}}]})


@pytest.mark.parametrize(
    "changes",
    [
        {"_type": "https://in-toto.io/Statement/v0.1"},
        {"predicateType": "https://example.com/unknown"},
        {"subject": []},
        {"subject": [{"name": "a"}]},
        {"subject": [{"name": "a", "digest": {"sha256": SHA}}] * 2},
        {"subject": [{"name": "a", "digest": {"sha256": SHA, "md5": "x"}}]},
        {"predicate": []},
        {"note": "x"},
    ],
)
def test_another_shape_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedEvidence):
        check_statement(make(**changes), "x")


def test_another_predicate_than_the_expected_one_is_refused() -> None:
    check_statement(make(), "x", PROVENANCE)
    with pytest.raises(MalformedEvidence, match="test-result"):
        check_statement(make(), "x", TEST_RESULT)


def test_a_config_may_hold_names_and_digests_of_its_own() -> None:
    parameters = {"config": {"name": "x", "digest": "y"}}
    statement({"a": SHA}, PROVENANCE, {"buildDefinition": {"externalParameters": parameters}})
