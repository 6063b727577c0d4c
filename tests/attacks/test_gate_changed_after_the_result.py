"""A gate that is changed when the result is known: to let a model pass, or to make a pass look like more than it was.

The attacker holds the key that seals, and seals with tools of his own.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from attacks.on_release import FILES, GATES, PASSED, PLAN, fed, found_by, named, replaced, require_layers, sealed
from pedigree.step.canonical import canonical_json, parse_json
from pedigree.step.digests import sha256_bytes
from pedigree.step.record import Record
from pedigree.trust.graph import graph_of_records
from pedigree.trust.inforce import Trust
from pedigree.trust.public import PublicKey
from pedigree.trust.signers import signer_public_key
from pedigree.trust.standing_statement import NO_PLAN, standing
from trust.builder import JUDGE, RELEASE_STEP, Files, closure_of_demo, make_key
from trust.office import Office
from trust.plans import demo_plan, sign_plan
from trust.published import put_in_force

SUITE, PREDICT, REPORT = "evals.demo.suite", "models.demo.eval.predict-1", "evaluation/suite/report.json"
Built = tuple[list[Record], Files]


@pytest.fixture(scope="module")
def uri(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_key(tmp_path_factory.mktemp("key") / "signer.pem")


@pytest.fixture(scope="module")
def public(uri: str) -> PublicKey:
    return signer_public_key(uri)


def declaring(gate: str) -> list[Record]:
    """What was built, with another gate in the settings of the suite than the model was held to."""
    records = closure_of_demo()[0]
    return replaced(records, replace(named(records, SUITE), config={"gates": {"review_coverage": gate}}))


def reporting(**changes: object) -> Built:
    """A build whose judge wrote another report, with this said of its gate; all that follows is of that report."""
    records, delivered = closure_of_demo()
    report = parse_json(delivered[REPORT], REPORT)
    report["gates"][0].update(changes)
    data = canonical_json(report)
    judge = named(records, JUDGE)
    judge = replace(judge, products={**judge.products, "report.json": sha256_bytes(data)})
    release = fed(named(records, RELEASE_STEP), "evaluations/suite", judge)
    release = replace(release, products={**release.products, REPORT: sha256_bytes(data)})
    return replaced(records, judge, release), {**delivered, REPORT: data}


def test_what_was_held_to_the_declared_gate_holds(tmp_path: Path, uri: str, public: PublicKey) -> None:
    assert found_by(sealed(tmp_path / "work", uri, *closure_of_demo()), public) == {}


@pytest.mark.parametrize("gate", [">= 0.90", ">= 0.70", "<= 0.80"])
def test_a_gate_that_was_declared_otherwise_than_it_was_held_is_found(
    tmp_path: Path, uri: str, public: PublicKey, gate: str
) -> None:
    release = sealed(tmp_path / "work", uri, declaring(gate), closure_of_demo()[1])
    told = f"suite 'evals/demo:suite' declares {gate} for review_coverage, and the report was held to >= 0.80"
    assert found_by(release, public) == {GATES: told}
    assert found_by(release, public, off=GATES) == {}


def test_a_gate_that_was_dropped_from_the_declaration_is_found(tmp_path: Path, uri: str, public: PublicKey) -> None:
    records = closure_of_demo()[0]
    records = replaced(records, replace(named(records, SUITE), config={"gates": {}}))
    release = sealed(tmp_path / "work", uri, records, closure_of_demo()[1])
    assert set(found_by(release, public)) == {GATES}
    assert found_by(release, public, off=GATES) == {}


def test_a_gate_that_is_not_met_and_said_to_be_is_found(tmp_path: Path, uri: str, public: PublicKey) -> None:
    """The judge wrote 0.9 and the gate is lowered to no use: the figure itself is below it."""
    release = sealed(tmp_path / "work", uri, *reporting(value="0.7"))
    told = "the report says of review_coverage >= 0.80: 0.7 what its own figures do not"
    assert found_by(release, public) == {GATES: told}
    assert found_by(release, public, off=GATES) == {}


def test_a_report_whose_threshold_was_edited_after_the_judge_wrote_it_is_found(
    tmp_path: Path, uri: str, public: PublicKey
) -> None:
    """Without the key: the file is changed, and no digest of it can be signed anew."""
    release = sealed(tmp_path / "work", uri, *closure_of_demo())
    path = release / REPORT
    path.write_bytes(path.read_bytes().replace(b"0.80", b"0.90"))
    require_layers(release, public, (PASSED, FILES, GATES))


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def lowered() -> Built:
    """Nothing is forged: whoever owns the targets lowered the gate and built honestly. The evidence fits together."""
    records, delivered = reporting(threshold="0.70", value="0.75")
    suite = replace(named(records, SUITE), config={"gates": {"review_coverage": ">= 0.70"}})
    return replaced(records, suite), delivered


def planned(office: Office, gate: str) -> Trust:
    """Owners sign a plan with this gate, and quality puts it in force."""
    put_in_force(office)
    plan = demo_plan()
    stages = tuple(
        replace(stage, gates={"review_coverage": gate}) if stage.name == SUITE else stage for stage in plan.stages
    )
    sign_plan(office, replace(plan, stages=stages), office.root(), "Olga")
    office.publish_snapshot(office.root(), 2)
    return Trust(office.root(), None, None, datetime(2026, 2, 1, tzinfo=UTC), None)


def test_a_gate_that_was_lowered_and_all_built_again_is_found_by_the_plan_alone(office: Office) -> None:
    whom = planned(office, ">= 0.80")
    release = sealed(office.directory / "work", office.uri("Ray"), *lowered(), office.files)
    told = "gate review_coverage of evals/demo:suite lowered from >= 0.80 to >= 0.70"
    assert told in found_by(release, office.key("Ray"), (), whom)[PLAN]
    require_layers(release, office.key("Ray"), (PLAN,), whom)
    # Without a trust root to go by, nobody holds it to the plan; that it is outside is told all the same.
    assert found_by(release, office.key("Ray")) == {} and told in (release / "VERIFY.md").read_text()


def test_without_a_plan_or_with_one_that_says_so_it_gets_through(office: Office) -> None:
    records = {record.name: record for record in lowered()[0]}
    assert standing(None, graph_of_records(records, RELEASE_STEP), "release").claim == NO_PLAN
    whom = planned(office, ">= 0.70")
    release = sealed(office.directory / "work", office.uri("Ray"), *lowered(), office.files)
    assert found_by(release, office.key("Ray"), (), whom) == {}
