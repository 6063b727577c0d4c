"""Statements against the stock protobuf classes and the specifications' own words."""

from __future__ import annotations

from pathlib import Path

from google.protobuf import json_format
from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
from in_toto_attestation.predicates.test_result.v0 import test_result_pb2
from in_toto_attestation.v1 import statement_pb2

from pedigree.step.digests import sha256_file
from pedigree.trust.statement import PROVENANCE, SUMMARY, TEST_RESULT
from trust.builder import JUDGE, RELEASE_STEP
from trust.forge import payload

SFT = "models.demo.sft"


def test_every_statement_is_one_for_the_stock_classes(pristine: Path) -> None:
    for path in sorted((pristine / "attestations").glob("*.sigstore.json")):
        json_format.ParseDict(payload(path), statement_pb2.Statement())


def test_provenance_is_slsa_v1(pristine: Path) -> None:
    document = payload(pristine / f"attestations/{SFT}.provenance.sigstore.json")
    assert document["predicateType"] == PROVENANCE
    json_format.ParseDict(document["predicate"], provenance_pb2.Provenance())
    definition = document["predicate"]["buildDefinition"]
    assert definition["externalParameters"] == {
        "target": "models/demo:sft",
        "kind": "finetune",
        "config": {"seed": 1, "weights": "lora"},
    }
    assert definition["internalParameters"]["reproducibility"] == "bitwise"
    assert definition["internalParameters"]["packages"] == {"torch": "2.13.0+cpu"}
    assert document["predicate"]["runDetails"]["builder"]["id"].endswith("/workstation")
    uses = [dependency["annotations"]["use"] for dependency in definition["resolvedDependencies"]]
    assert {use: uses.count(use) for use in uses} == {"code": 2, "input": 3 + 2 + 1, "interpreter": 1, "lock": 1}


def test_the_test_result_is_about_the_delivered_model_and_names_the_report(pristine: Path) -> None:
    document = payload(pristine / f"attestations/{JUDGE}.test-result.sigstore.json")
    assert document["predicateType"] == TEST_RESULT
    json_format.ParseDict(document["predicate"], test_result_pb2.TestResult())
    digests = {subject["digest"]["sha256"] for subject in document["subject"]}
    assert sha256_file(pristine / "model/adapter_model.safetensors") in digests
    assert document["predicate"]["passedTests"] == ["review_coverage >= 0.80: 0.9"]
    report = sha256_file(pristine / "evaluation/suite/report.json")
    assert report in {item["digest"]["sha256"] for item in document["predicate"]["configuration"]}


def test_the_summary_claims_build_level_1_and_no_more(pristine: Path) -> None:
    document = payload(pristine / f"attestations/{RELEASE_STEP}.summary.sigstore.json")
    assert document["predicateType"] == SUMMARY
    predicate = document["predicate"]
    assert predicate["verificationResult"] == "PASSED"
    assert predicate["verifiedLevels"] == ["SLSA_BUILD_LEVEL_1"]
    assert predicate["policy"]["digest"]["sha256"] == sha256_file(pristine / "attestations/root.layout")
    assert "timeVerified" not in predicate
