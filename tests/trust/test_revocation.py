"""What is revoked, and the way that leads from it: each of the four kinds is listed and refused alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pedigree.step.digests import tree_digest
from pedigree.step.errors import ToolError
from pedigree.trust.errors import MalformedEvidence
from pedigree.trust.evidence import Delivered
from pedigree.trust.lineage_graph import descendants, read_graph, way
from pedigree.trust.naming import steps_named
from pedigree.trust.seal import seal
from pedigree.trust.unverified import Unverified
from trust.builder import RELEASE_STEP, closure_of_demo, deliver, lay_out
from trust.office import Office
from trust.plans import demo_graph
from trust.published import BASE, put_in_force, sealed_in
from trust.test_inforce import APPROVED, REVOKED, SEALER, failed, trust

DATA, TINY = "datasets.demo.sft", "models.base.tiny"
TO_RELEASE = {
    TINY: "models/base:tiny -> models/demo:demo",
    DATA: "datasets/demo:sft -> models/demo:sft -> models/demo:demo",
    RELEASE_STEP: "models/demo:demo",
}
Subject = Callable[[Office], dict[str, str]]


def base(_: Office) -> dict[str, str]:
    return {"models/base:tiny": tree_digest(BASE)}


def weights(_: Office) -> dict[str, str]:
    return {"models/base:tiny": BASE["model.safetensors"]}


def dataset(_: Office) -> dict[str, str]:
    return {"datasets/demo:sft": tree_digest(demo_graph().nodes[DATA].products)}


def release(_: Office) -> dict[str, str]:
    return {"models/demo:demo": tree_digest(demo_graph().nodes[RELEASE_STEP].products)}


def key_of(name: str) -> Subject:
    return lambda office: {name: office.key(name).fingerprint}


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def listed(delivered: Path, office: Office, what: str) -> set[str]:
    """The ways to all that derives from something, as `pedigree lineage --descendants` finds them."""
    ways = []
    for evidence in (Unverified(delivered), Delivered(delivered, office.key("Ray"))):
        graph = read_graph(evidence.lineage)
        reached = descendants(graph, steps_named(graph, evidence, what))
        ways.append({" -> ".join(graph.steps[each]["address"] for each in way(name, reached)) for name in reached})
    assert ways[0] == ways[1]
    return ways[0]


@pytest.mark.parametrize(
    ("kind", "subject", "number", "start"),
    [
        ("base", base, REVOKED, TINY),
        ("base", weights, REVOKED, TINY),
        ("dataset", dataset, REVOKED, DATA),
        ("release", release, REVOKED, RELEASE_STEP),
        ("key", key_of("Ray"), SEALER, RELEASE_STEP),
        ("key", key_of("Lea"), APPROVED, TINY),
    ],
)
def test_what_derives_from_it_is_listed_and_neither_verifies_nor_is_sealed_again(
    office: Office, tmp_path: Path, kind: str, subject: Subject, number: int, start: str
) -> None:
    delivered = sealed_in(office, tmp_path / "work", "Ray")
    (digest,) = subject(office).values()
    ways = listed(delivered, office, digest)
    assert {TO_RELEASE[start].partition(" -> ")[0]} <= ways and any(each.endswith("models/demo:demo") for each in ways)
    assert failed(office, delivered, "Ray", trust(office)) == []
    office.revoke("Quentin", kind, subject(office), "it was found to be wrong")
    office.publish_snapshot(office.root(), 2)
    (check,) = failed(office, delivered, "Ray", trust(office, office.files))
    assert check.number == number and "revoked" in check.detail
    if number != SEALER:  # there the release itself is what the key sealed
        assert f"the way from there is {TO_RELEASE[start]}" in check.detail
    with pytest.raises(ToolError, match="may not be released:\n  .*revoked"):
        sealed_in(office, tmp_path / "again", "Ray")


def test_a_builders_key_reaches_all_that_stands_by_its_word(office: Office, tmp_path: Path) -> None:
    put_in_force(office)
    records, files = closure_of_demo()
    bea, uri = office.key("Bea").fingerprint, office.uri("Ray")
    vouched = [replace(each, builder="ci", vouched=bea) if each.name == DATA else each for each in records]

    def sealed(place: Path) -> Path:
        seal(lay_out(place, uri, vouched, files, office.files), uri)
        return deliver(place)

    delivered = sealed(tmp_path / "work")
    assert {"datasets/demo:sft", TO_RELEASE[DATA]} <= listed(delivered, office, bea)
    assert failed(office, delivered, "Ray", trust(office)) == []
    office.revoke("Quentin", "key", {"Bea": bea}, "it was copied")
    office.publish_snapshot(office.root(), 2)
    (check,) = failed(office, delivered, "Ray", trust(office, office.files))
    assert check.number == REVOKED
    assert f"the key by whose word '{DATA}' ran as is said, is revoked by Quentin" in check.detail
    assert f"the way from there is {TO_RELEASE[DATA]}" in check.detail
    with pytest.raises(ToolError, match="may not be released:\n  .*revoked"):
        sealed(tmp_path / "again")


def test_an_approval_that_fell_with_its_key_is_named_beside_what_is_lacking(office: Office, tmp_path: Path) -> None:
    delivered = sealed_in(office, tmp_path / "work", "Ray")
    office.revoke("Quentin", "key", {"Lea": office.key("Lea").fingerprint})
    office.publish_snapshot(office.root(), 2)
    (check,) = failed(office, delivered, "Ray", trust(office, office.files))
    told = "is not approved by legal; the approval by Lea fell with the key, which is revoked; the way from there is"
    assert told in check.detail


def test_a_key_that_had_no_say_in_a_release_reaches_nothing_of_it(office: Office, tmp_path: Path) -> None:
    delivered = sealed_in(office, tmp_path / "work", "Ray")
    for name in ("Otto", "Stranger"):
        assert listed(delivered, office, office.key(name).fingerprint) == set()


def test_a_signer_that_is_no_key_is_no_evidence(office: Office, tmp_path: Path) -> None:
    put_in_force(office)
    delivered = sealed_in(office, tmp_path / "work", "Ray")
    (delivered / "attestations/keys/signer.pub").write_text("no key")
    unverified = Unverified(delivered)
    with pytest.raises(MalformedEvidence, match="signer.pub is no public key"):
        steps_named(read_graph(unverified.lineage), unverified, "ab" * 32)
