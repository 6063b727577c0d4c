"""The bill of materials in CycloneDX, read and checked by the library of those who write the format."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.model.bom import Bom
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from export.staged import GATES, PASSES, SEALED, TRAINED, build_staged
from pedigree.export.formats import export
from pedigree.step.digests import sha256_bytes
from pedigree.trust.public import PublicKey
from pedigree.trust.signers import signer_public_key
from trust.builder import make_key

Document = dict[str, Any]


def faults(bill: Document) -> object:
    """What the library's validator finds in a document, by the schema of CycloneDX 1.7."""
    return JsonStrictValidator(SchemaVersion.V1_7).validate_str(json.dumps(bill))


def test_the_bill_is_valid(bill: Document) -> None:
    assert faults(bill) is None
    assert bill["specVersion"] == "1.7" and "timestamp" not in bill["metadata"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda bill: bill["metadata"]["component"].pop("name"),
        lambda bill: bill["components"][0]["hashes"][0].update(content="zz"),
        lambda bill: bill["components"][0].update(type="adapter"),
        lambda bill: bill["metadata"]["component"]["modelCard"].update(gates=[]),
        lambda bill: bill["formulation"][0]["workflows"][0]["tasks"][0].update(taskTypes=["train"]),
        lambda bill: bill.update(serialNumber="urn:uuid:1"),
    ],
)
def test_the_validator_refuses_what_is_not_valid(bill: Document, spoil: Callable[[Document], object]) -> None:
    spoil(bill)
    assert faults(bill) is not None


def test_the_library_reads_the_components_back(bill: Document) -> None:
    read = Bom.from_json(bill)  # type: ignore[attr-defined]
    assert {component.bom_ref.value for component in read.components} == {one["bom-ref"] for one in bill["components"]}
    assert str(read.serial_number) == bill["serialNumber"].removeprefix("urn:uuid:")


def test_the_delivered_model_learned_from_and_was_asked_just_what_its_records_say(bill: Document) -> None:
    card = bill["metadata"]["component"]["modelCard"]
    said: dict[str, set[str]] = {}
    for one in card["properties"]:
        said.setdefault(one["name"], set()).add(one["value"])
    assert said["pedigree:trained-on"] == {f"artifact:{name}" for names in TRAINED.values() for name in names}
    assert said["pedigree:tested-on"] == {f"artifact:{name}" for name in SEALED}
    datasets = card["modelParameters"]["datasets"]
    assert {one["ref"] for one in datasets if "ref" in one} == said["pedigree:trained-on"] | said["pedigree:tested-on"]
    (remembered,) = [one for one in datasets if "ref" not in one]
    assert remembered["name"] == "models/base/corpus.json"


def test_each_stage_names_its_own_sets_and_its_ancestors(bill: Document) -> None:
    stages = {one["name"]: one for one in bill["components"] if one["type"] == "machine-learning-model"}
    for name, sets in TRAINED.items():
        stage = stages[name.replace("models.demo.", "models/demo:")]
        assert {one["ref"] for one in stage["modelCard"]["modelParameters"]["datasets"]} == {
            f"artifact:{each}" for each in sets
        }
    assert [one["name"] for one in stages["models/demo:dpo"]["pedigree"]["ancestors"]] == [
        "models/base:tiny",
        "models/demo:sft",
    ]
    assert "pedigree" not in stages["models/base:tiny"]


def test_metrics_gates_and_considerations_are_those_of_report_and_card(bill: Document) -> None:
    card = bill["metadata"]["component"]["modelCard"]
    metrics = {one["type"]: one for one in card["quantitativeAnalysis"]["performanceMetrics"]}
    assert {name: one["value"] for name, one in metrics.items()} == {
        **{name: value for name, (_, _, value) in GATES.items()},
        PASSES: "0.5000",
    }
    assert metrics[PASSES]["confidenceInterval"] == {"lowerBound": "0.1000", "upperBound": "0.9900"}
    gates = {one["name"]: one["value"] for one in card["properties"] if one["name"].startswith("pedigree:gate:")}
    assert gates == {f"pedigree:gate:suite:{name}": f"{how} {limit}" for name, (how, limit, _) in GATES.items()}
    assert card["considerations"] == {
        "useCases": ["Drafts for an engineer who reviews them."],
        "technicalLimitations": ["Small programs alone.", "English alone."],
    }


def test_hashes_are_those_of_the_content(bill: Document, pristine: Path) -> None:
    dataset = next(one for one in bill["components"] if one["name"] == "datasets/demo:one")
    assert dataset["hashes"] == [{"alg": "SHA-256", "content": sha256_bytes(b"one")}]
    assert dataset["licenses"] == [{"expression": "Apache-2.0", "acknowledgement": "declared"}]
    component = bill["metadata"]["component"]
    for held in [*component["components"], *component["externalReferences"]]:
        data = (pristine / held.get("name", held.get("url"))).read_bytes()
        assert held["hashes"] == [{"alg": "SHA-256", "content": sha256_bytes(data)}]
    listing = "".join(f"{one['hashes'][0]['content']}  {one['name']}\n" for one in component["components"])
    assert component["hashes"][0]["content"] == sha256_bytes(listing.encode())


def test_sealed_sets_are_marked(bill: Document) -> None:
    sealed = {one["bom-ref"] for one in bill["components"] if "classification" in one.get("data", [{}])[0]}
    assert sealed == {f"artifact:{name}" for name in SEALED}


def test_the_graph_is_that_of_the_lineage_and_every_reference_leads_somewhere(bill: Document, pristine: Path) -> None:
    defined = list(_defined(bill))
    assert len(defined) == len(set(defined))
    graph = {one["ref"]: set(one["dependsOn"]) for one in bill["dependencies"]}
    assert set(graph) <= set(defined) and set().union(*graph.values()) <= set(defined)
    lineage = json.loads((pristine / "lineage.json").read_bytes())
    for step in lineage["steps"]:
        before = {f"artifact:{edge['from']}" for edge in lineage["edges"] if edge["to"] == step["name"]}
        assert graph[f"artifact:{step['name']}"] == before
    (workflow,) = bill["formulation"][0]["workflows"]
    for task in workflow["tasks"]:
        used = [one["ref"] for one in task["resourceReferences"]]
        made = [one["resource"]["ref"] for one in task["inputs"] + task["outputs"] if "ref" in one["resource"]]
        assert {*used, *made} <= set(defined)
    ordered = {one["ref"]: set(one["dependsOn"]) for one in workflow["taskDependencies"]}
    assert set().union(*ordered.values()) <= set(ordered) == {task["bom-ref"] for task in workflow["tasks"]}


def test_packages_are_named_as_scanners_look_for_them(bill: Document) -> None:
    libraries = [one for one in bill["components"] if one["type"] == "library"]
    assert [one["purl"] for one in libraries] == [
        "pkg:pypi/torch@2.13.0%2Bcpu",
        "pkg:pypi/typing-extensions@4.16.0",
    ]
    for one in libraries:
        url = PackageURL.from_string(one["purl"])
        assert url.to_string() == one["purl"] and url.version == one["version"]


def test_the_serial_number_follows_from_lineage_and_signer(
    bill: Document, pristine: Path, public: PublicKey, uri: str, tmp_path: Path
) -> None:
    again = json.loads(export(pristine, public, "cyclonedx"))
    assert again["serialNumber"] == bill["serialNumber"]
    another = build_staged(tmp_path / "another", uri, traces=None)
    assert json.loads(export(another, public, "cyclonedx"))["serialNumber"] != bill["serialNumber"]
    other = make_key(tmp_path / "other.pem")
    foreign = build_staged(tmp_path / "foreign", other)
    assert json.loads(export(foreign, signer_public_key(other), "cyclonedx"))["serialNumber"] != bill["serialNumber"]


def _defined(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "bom-ref" in value:
            yield value["bom-ref"]
        for item in value.values():
            yield from _defined(item)
    elif isinstance(value, list):
        for item in value:
            yield from _defined(item)
