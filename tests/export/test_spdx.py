"""The SPDX document, read and checked by the library that the SPDX project generates from its model."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from spdx_python_model import v3_0_1 as model

from export.staged import GATES, SEALED, TRAINED, build_staged
from pedigree.export.formats import export
from pedigree.step.digests import sha256_bytes
from pedigree.trust.public import PublicKey

Document = dict[str, Any]
NO_ASSERTION = "https://spdx.org/rdf/3.0.1/terms/Core/NoAssertionElement"


def read(document: Document) -> model.SHACLObjectSet:
    """Read a document and write it again: types and enumerations are checked by the first, cardinalities by the second.

    Raises:
        Exception: Whatever the library raises for what does not fit the model; it has no error of its own.
    """
    found = model.SHACLObjectSet()
    model.JSONLDDeserializer().read(io.BytesIO(json.dumps(document).encode()), found)
    model.JSONLDSerializer().write(found, io.BytesIO())
    return found


def elements(document: Document, kind: str) -> list[Document]:
    return [one for one in document["@graph"] if one["type"] == kind]


def related(document: Document, relation: str) -> dict[str, set[str]]:
    """Name of an element -> names of those that it is related to so; names without the URI before them."""
    every = elements(document, "Relationship") + elements(document, "LifecycleScopedRelationship")
    return {
        short(one["from"]): {short(target) for target in one["to"]}
        for one in every
        if one["relationshipType"] == relation
    }


def short(iri: str) -> str:
    return iri.partition("#")[2] or iri


def test_the_document_fits_the_model_and_every_name_leads_somewhere(document: Document) -> None:
    found = read(document)
    assert found.missing_ids == set()
    assert len({one["spdxId"] for one in document["@graph"][1:]}) == len(document["@graph"]) - 1
    assert [one["type"] for one in document["@graph"]].count("SpdxDocument") == 1


@pytest.mark.parametrize(
    ("kind", "spoil"),
    [
        ("ai_AIPackage", lambda one: one.update(ai_gate="0.8")),
        ("ai_AIPackage", lambda one: one.update(software_primaryPurpose="adapter")),
        ("ai_AIPackage", lambda one: one.update(releaseTime="yesterday")),
        ("dataset_DatasetPackage", lambda one: one.pop("dataset_datasetType")),
        ("Relationship", lambda one: one.update(relationshipType="learnedFrom")),
        ("Relationship", lambda one: one.pop("from")),
        ("Relationship", lambda one: one.update(to=[])),
        ("build_Build", lambda one: one.pop("build_buildType")),
        ("software_File", lambda one: one["verifiedUsing"][0].update(algorithm="sha-256")),
        ("CreationInfo", lambda one: one.pop("created")),
    ],
)
def test_the_library_refuses_what_does_not_fit(
    document: Document, kind: str, spoil: Callable[[Document], object]
) -> None:
    spoil(elements(document, kind)[0])
    with pytest.raises((KeyError, ValueError, TypeError)):
        read(document)


def test_a_name_that_leads_nowhere_is_found(document: Document) -> None:
    elements(document, "Relationship")[0]["to"] = ["https://pedigree/nowhere"]
    assert read(document).missing_ids == {"https://pedigree/nowhere"}


def test_models_are_trained_on_just_what_their_records_say(document: Document) -> None:
    corpus = "remembered/models%2Fbase%2Fcorpus.json"
    expected = {f"artifact/{name}": {f"artifact/{one}" for one in sets} for name, sets in TRAINED.items()}
    everything = {corpus}.union(*expected.values())
    assert related(document, "trainedOn") == {
        **expected,
        "artifact/models.base.tiny": {corpus},
        "artifact/models.demo.demo": everything,
    }


def test_models_are_tested_on_just_the_sealed_sets_that_they_were_asked(document: Document) -> None:
    sealed = {f"artifact/{name}" for name in SEALED}
    asked = ("models.base.tiny", "models.demo.dpo", "models.demo.demo")  # nobody asked the stage between
    assert related(document, "testedOn") == {f"artifact/{name}": sealed for name in asked}


def test_a_base_model_that_does_not_say_what_it_learned_from_is_said_to_be_silent(
    uri: str, public: PublicKey, tmp_path: Path
) -> None:
    release = build_staged(tmp_path / "work", uri, trained_on=())
    document = json.loads(export(release, public, "spdx"))
    read(document)
    said = {
        short(one["from"]): (one["to"] == [NO_ASSERTION], one["completeness"])
        for one in elements(document, "Relationship")
        if one["relationshipType"] == "trainedOn"
    }
    assert said == {
        "artifact/models.base.tiny": (True, "noAssertion"),
        "artifact/models.demo.sft": (False, "complete"),
        "artifact/models.demo.dpo": (False, "complete"),
        "artifact/models.demo.demo": (False, "incomplete"),
    }


def test_adapters_need_their_base_and_descend_from_what_they_were_made_from(document: Document) -> None:
    needs = {one: base for one, base in related(document, "dependsOn").items() if one.startswith("artifact/")}
    adapters = {"artifact/models.demo.sft", "artifact/models.demo.dpo", "artifact/models.demo.demo"}
    assert needs == {one: {"artifact/models.base.tiny"} for one in adapters}
    assert related(document, "ancestorOf") == {
        "artifact/models.base.tiny": {"artifact/models.demo.sft", "artifact/models.demo.dpo"},
        "artifact/models.demo.sft": {"artifact/models.demo.dpo"},
        "artifact/models.demo.dpo": {"artifact/models.demo.demo"},
    }


def test_what_the_profiles_demand_beside_the_schema_is_there(document: Document) -> None:
    """The model says of the AI, Dataset and Build profiles more than its schema can: these are its sentences."""
    models, datasets = elements(document, "ai_AIPackage"), elements(document, "dataset_DatasetPackage")
    for one in models:
        needed = {"releaseTime", "suppliedBy", "software_downloadLocation", "software_packageVersion"}
        assert needed | {"software_primaryPurpose"} <= set(one)
    for one in datasets:
        assert {"builtTime", "releaseTime", "software_downloadLocation", "software_primaryPurpose"} <= set(one)
        assert len(one["originatedBy"]) == 1
    for relation in ("hasDeclaredLicense", "hasConcludedLicense"):
        licensed = related(document, relation)
        assert set(licensed) == {short(one["spdxId"]) for one in (*models, *datasets)}
        assert all(len(licenses) == 1 for licenses in licensed.values())
    builds = {short(one["spdxId"]) for one in elements(document, "build_Build")}
    for relation in ("hasInput", "hasOutput", "invokedBy"):
        assert set(related(document, relation)) == builds
    scopes = {one["scope"] for one in elements(document, "LifecycleScopedRelationship") if "/build%2F" in one["from"]}
    assert scopes <= {"build"}
    (sbom,) = elements(document, "software_Sbom")
    assert sbom["profileConformance"] == ["core", "software", "simpleLicensing", "ai", "dataset", "build"]


def test_licenses_are_those_that_build_files_declare(document: Document) -> None:
    expressions = {
        short(one["spdxId"]): one["simplelicensing_licenseExpression"]
        for one in elements(document, "simplelicensing_LicenseExpression")
    }
    declared = related(document, "hasDeclaredLicense")
    assert {expressions[one] for one in declared["artifact/models.base.tiny"]} == {"MIT OR Apache-2.0"}
    assert {expressions[one] for one in declared["artifact/datasets.demo.one"]} == {"Apache-2.0"}
    assert declared["artifact/models.demo.demo"] == {
        "https://spdx.org/rdf/3.0.1/terms/ExpandedLicensing/NoAssertionLicense"
    }


def test_evidence_is_every_delivered_file_that_is_neither_model_nor_documentation(
    document: Document, pristine: Path
) -> None:
    files = {short(one["spdxId"]): one for one in elements(document, "software_File")}
    shown = related(document, "hasEvidence")["artifact/models.demo.demo"]
    told = related(document, "hasDocumentation")["artifact/models.demo.demo"]
    on_disk = {str(path.relative_to(pristine)) for path in pristine.rglob("*") if path.is_file()}
    weights = {path for path in on_disk if path.startswith("model/")}
    assert {files[one]["name"] for one in shown | told} == on_disk - weights
    for one in shown | told:
        digest = sha256_bytes((pristine / files[one]["name"]).read_bytes())
        assert files[one]["verifiedUsing"] == [{"type": "Hash", "algorithm": "sha256", "hashValue": digest}]


def test_metrics_and_gates_are_those_of_the_report(document: Document) -> None:
    (delivered,) = [one for one in elements(document, "ai_AIPackage") if one["name"] == "demo"]
    metrics = {one["key"]: one["value"] for one in delivered["ai_metric"]}
    assert metrics == {
        **{f"suite/{name}": gate[2] for name, gate in GATES.items()},
        "suite/completion_passes": "0.5000",
    }
    assert delivered["ai_limitation"] == "Small programs alone.\nEnglish alone."
    annotations = {short(one["subject"]): set[str]() for one in elements(document, "Annotation")}
    for one in elements(document, "Annotation"):
        annotations[short(one["subject"])].add(one["statement"])
    assert annotations["artifact/models.demo.demo"] == {
        f"suite suite: {name} {how} {limit}, measured {value}, holds" for name, (how, limit, value) in GATES.items()
    }


def test_no_time_is_stated_but_the_epoch(document: Document) -> None:
    times = {value for one in document["@graph"] for key, value in one.items() if key == "created" or "Time" in key}
    assert times == {"1970-01-01T00:00:00Z"}
    assert "not stated" in document["@graph"][0]["comment"]
