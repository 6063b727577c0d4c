"""What people approved of a base model, in the formats of others."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pytest

from export.governed import APPROVED, ASKED, BASE, PUBLISHER, SOURCE, TERMS, Governed, govern
from export.test_cyclonedx import faults
from export.test_spdx import elements, read, related, short
from pedigree.export.evidence import Evidence, read_evidence
from pedigree.export.formats import FORMATS, export
from pedigree.export.identifiers import location
from pedigree.export.supplied import supplied
from pedigree.step.digests import sha256_bytes
from pedigree.trust.attestations import ATTESTED
from pedigree.trust.attested import needed
from pedigree.trust.entry import License
from pedigree.trust.errors import Refused
from pedigree.trust.instructions import KEY_FILE
from pedigree.trust.obligations import LICENSES
from pedigree.trust.public import read_public_key
from pedigree.trust.verify import verify_release

Document = dict[str, Any]
GOLDEN = sorted((Path(__file__).parents[1] / "trust/golden").glob("[0-9]*"))


@pytest.fixture
def bill(governed: Governed) -> Document:
    """Its bill of materials in CycloneDX."""
    found: Document = json.loads(export(governed.release, governed.public, "cyclonedx"))
    return found


@pytest.fixture
def document(governed: Governed) -> Document:
    """Its SPDX document."""
    found: Document = json.loads(export(governed.release, governed.public, "spdx"))
    return found


def base_of(bill: Document) -> Document:
    (found,) = [one for one in bill["components"] if one["bom-ref"] == f"artifact:{BASE}"]
    return dict(found)


def values(properties: list[Document], name: str) -> list[str]:
    return [one["value"] for one in properties if one["name"] == name]


def test_cyclonedx_names_publisher_source_terms_and_approvals(bill: Document) -> None:
    assert faults(bill) is None
    base = base_of(bill)
    assert base["publisher"] == PUBLISHER and base["supplier"] == {"name": PUBLISHER}
    declared, approved = base["licenses"]
    assert declared == {"expression": "MIT OR Apache-2.0", "acknowledgement": "declared"}
    assert (approved["expression"], approved["acknowledgement"]) == (TERMS.spdx, "concluded")
    assert values(approved["properties"], "pedigree:license:obligation") == list(ASKED)
    assert values(approved["properties"], "pedigree:license:family") == [TERMS.family]
    assert values(approved["properties"], "pedigree:license:review") == [TERMS.approval]
    assert values(base["properties"], "pedigree:approval") == APPROVED
    assert {"type": "distribution", "url": SOURCE} in base["externalReferences"]


def test_cyclonedx_lists_obligations_with_what_is_delivered(bill: Document) -> None:
    delivered = bill["metadata"]["component"]
    listed = values(delivered["properties"], "pedigree:license:obligation")
    assert listed == [f"models/base:tiny (MPL-2.0): {obligation}" for obligation in ASKED]
    assert [one["url"] for one in delivered["externalReferences"] if one["type"] == "license"] == [LICENSES]
    others = [one for one in bill["components"] if one["bom-ref"] != f"artifact:{BASE}"]
    assert not any({"publisher", "supplier"} & set(one) for one in (*others, delivered))


def test_files_that_were_signed_and_looked_at_are_named_with_their_digests(bill: Document, governed: Governed) -> None:
    kinds: dict[str, set[str]] = {}
    for one in base_of(bill)["externalReferences"]:
        if "hashes" in one:
            data = (governed.release / one["url"]).read_bytes()
            assert one["hashes"] == [{"alg": "SHA-256", "content": sha256_bytes(data)}]
            kinds.setdefault(one["type"], set()).add(Path(one["url"]).name.partition(".")[0])
    assert kinds == {
        "attestation": {"models"},
        "evidence": {"entry"},
        "static-analysis-report": {"scan"},
        "model-card": {"card", "addendum"},
        "electronic-signature": {"legal", "quality"},
    }


def test_spdx_names_supplier_location_and_both_licenses(document: Document) -> None:
    read(document)
    agents = {one["spdxId"]: one["name"] for one in elements(document, "Agent")}
    models = {short(one["spdxId"]): one for one in elements(document, "ai_AIPackage")}
    base = models.pop(f"artifact/{BASE}")
    assert agents[base["suppliedBy"]] == PUBLISHER and base["software_downloadLocation"] == SOURCE
    for one in models.values():
        assert agents[one["suppliedBy"]].startswith("holder of the key") and "MPL" not in json.dumps(one)
    expressions = {
        short(one["spdxId"]): one["simplelicensing_licenseExpression"]
        for one in elements(document, "simplelicensing_LicenseExpression")
    }
    for relation, license_name in (("hasDeclaredLicense", "MIT OR Apache-2.0"), ("hasConcludedLicense", TERMS.spdx)):
        assert {expressions[one] for one in related(document, relation)[f"artifact/{BASE}"]} == {license_name}


def test_spdx_lists_obligations_and_approvals_of_the_base_model(document: Document, governed: Governed) -> None:
    of_base = [one for one in elements(document, "Annotation") if short(one["subject"]) == f"artifact/{BASE}"]
    said = {
        kind: {one["statement"] for one in of_base if one["annotationType"] == kind} for kind in ("other", "review")
    }
    assert said["other"] == {
        f"license {TERMS.spdx}: family {TERMS.family}, review {TERMS.approval}",
        *(f"license obligation of {TERMS.spdx}: {obligation}" for obligation in ASKED),
    }
    root = f"by the trust root that the release brings, version 1, sha256:{governed.office.root().digest}"
    assert said["review"] == {f"approved, {root}, by {approval}" for approval in APPROVED}
    (whole,) = elements(document, "SpdxDocument")
    assert f"sha256:{governed.office.root().digest}" in whole["comment"]
    assert f"file/{LICENSES.replace('/', '%2F')}" in related(document, "hasDocumentation")["artifact/models.demo.demo"]


@pytest.mark.parametrize("publisher", ["", "us"])
def test_a_source_that_is_no_url_is_told_as_words(tmp_path: Path, publisher: str) -> None:
    found = govern(
        tmp_path, source="models/base:tiny", publisher=publisher, license=License("MIT-0", "permissive", (), "")
    )
    bill = json.loads(export(found.release, found.public, "cyclonedx"))
    assert faults(bill) is None
    base = base_of(bill)
    assert values(base["properties"], "pedigree:source") == ["models/base:tiny"]
    assert "distribution" not in {one["type"] for one in base["externalReferences"]}
    assert ("publisher" in base) == bool(publisher)
    document = json.loads(export(found.release, found.public, "spdx"))
    read(document)
    (package,) = [one for one in elements(document, "ai_AIPackage") if short(one["spdxId"]) == f"artifact/{BASE}"]
    assert package["software_sourceInfo"] == "models/base:tiny"
    assert package["software_downloadLocation"].startswith("ni:///sha-256;")
    (name,) = [one["name"] for one in elements(document, "Agent") if one["spdxId"] == package["suppliedBy"]]
    assert name == (publisher or "NOASSERTION")


@pytest.mark.parametrize("release", GOLDEN, ids=lambda path: path.name)
@pytest.mark.parametrize("form", FORMATS)
def test_releases_of_every_version_of_the_format_are_exported(release: Path, form: str) -> None:
    public = read_public_key(release / KEY_FILE)
    text = export(release, public, form)
    if form == "cyclonedx":
        assert faults(json.loads(text)) is None
    if form == "spdx":
        read(json.loads(text))


def test_nothing_is_said_of_a_supplier_that_nobody_approved() -> None:
    release = GOLDEN[0]
    assert not (release / ATTESTED).exists()
    public = read_public_key(release / KEY_FILE)
    bill, document = (json.loads(export(release, public, form)) for form in ("cyclonedx", "spdx"))
    base = base_of(bill)
    assert not {"publisher", "supplier"} & set(base)
    assert not [one for one in base.get("licenses", []) if one["acknowledgement"] == "concluded"]
    (package,) = [one for one in elements(document, "ai_AIPackage") if short(one["spdxId"]) == f"artifact/{BASE}"]
    (name,) = [one["name"] for one in elements(document, "Agent") if one["spdxId"] == package["suppliedBy"]]
    assert name == "NOASSERTION" and package["software_downloadLocation"].startswith("ni:")


def test_only_base_models_have_entries(governed: Governed) -> None:
    evidence = read_evidence(governed.release, governed.public)
    assert [step.name for step in evidence.steps if supplied(evidence, step)] == [BASE]


def test_what_a_release_brings_is_held_against_the_trust_root_in_it(evidence: Evidence, governed: Governed) -> None:
    assert evidence.brought.word is None and set(evidence.brought.bases) == {BASE}
    brought = read_evidence(governed.release, governed.public).brought
    assert brought.word is not None and brought.word.names == ("Olga",)


def test_a_base_model_that_lacks_an_approval_is_not_exported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sealer who leaves out what he does not have; the signer's key alone cannot tell."""
    taken = re.compile(r"approvals/[0-9a-f]+/legal\.")

    def without_legal(files: Mapping[str, bytes], entries: Collection[str], layout: str) -> dict[str, bytes]:
        return {path: data for path, data in needed(files, entries, layout).items() if not taken.match(path)}

    monkeypatch.setattr("pedigree.trust.attested.needed", without_legal)
    found = govern(tmp_path)
    assert verify_release(found.release, found.public).holds
    with pytest.raises(Refused, match="base model 'models/base:tiny' is not approved by legal"):
        export(found.release, found.public, "cyclonedx")


@pytest.mark.parametrize(
    "text",
    ["", "models/base:tiny", "https://", "https:// example.org", "https://[", "javascript:alert(1)", "https://a/\n",
     "https://a/<b>", "ftp:/x", "see https://example.org", "https://a\u202e/b"],
)  # fmt: skip
def test_what_is_no_url_with_a_host_is_no_location(text: str) -> None:
    assert location(text) == ""


@pytest.mark.parametrize("text", [SOURCE, "git+https://example.org/x.git@v1", "https://example.org", "s3://bucket/key"])
def test_a_url_with_a_host_is_a_location(text: str) -> None:
    assert location(text) == text
