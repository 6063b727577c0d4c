"""From requirement or risk to gate, evidence and signature."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from export.governed import Governed, govern
from export.staged import ACCURACY, COVERAGE, GATES, build_staged
from pedigree.export.evidence import Evidence, read_evidence
from pedigree.export.formats import export
from pedigree.export.trace import traces
from pedigree.export.trace_table import trace_csv
from pedigree.step.canonical import parse_json
from pedigree.step.digests import sha256_bytes
from pedigree.trust.envelope import open_bundle
from pedigree.trust.errors import MalformedEvidence
from pedigree.trust.plan import PAYLOAD_TYPE
from pedigree.trust.public import PublicKey
from pedigree.trust.signed import parse_signed


def test_every_id_leads_to_every_gate_that_answers_to_it(evidence: Evidence) -> None:
    found = [(one.id, one.metric) for one in traces(evidence)]
    assert found == [("REQ-12", ACCURACY), ("REQ-12", COVERAGE), ("RISK-7", COVERAGE)]
    for one in traces(evidence):
        assert (one.comparison, one.threshold, one.value) == GATES[one.metric] and one.passed
        assert one.suite == "evals/demo:suite"


def test_an_auditor_can_follow_a_line_with_the_files_alone(pristine: Path, public: PublicKey) -> None:
    rows = list(csv.DictReader(io.StringIO(export(pristine, public, "trace-csv").decode())))
    for row in rows:
        for kind in ("evidence", "signature", "declared"):
            assert row[f"{kind}_sha256"] == sha256_bytes((pristine / row[kind]).read_bytes())
        assert row["keyid"] == public.keyid
        result = open_bundle((pristine / row["signature"]).read_bytes(), public, row["signature"])["predicate"]
        named = {one["name"]: one["digest"]["sha256"] for one in result["configuration"]}
        assert named[row["evidence"]] == row["evidence_sha256"]
        assert f"{row['metric']} {row['comparison']} {row['threshold']}: {row['value']}" in result["passedTests"]
        suite = open_bundle((pristine / row["declared"]).read_bytes(), public, row["declared"])["predicate"]
        assert row["id"] in suite["buildDefinition"]["externalParameters"]["config"]["traces"][row["metric"]]
    assert len(rows) == 3 and {row["passed"] for row in rows} == {"true"}


def test_json_holds_the_same_lines(pristine: Path, public: PublicKey, evidence: Evidence) -> None:
    document = json.loads(export(pristine, public, "trace-json"))
    rows = list(csv.DictReader(io.StringIO(trace_csv(evidence).decode())))
    assert [{**row, "passed": "true"} for row in document["traces"]] == rows
    assert document["release"] == "models/demo:demo" and document["root"] == evidence.root
    assert document["standing"].startswith("no plan: no owner signed what this release may be made of")
    assert document["untraced"] == []


def test_a_line_tells_who_fixed_the_gate_beforehand(governed: Governed) -> None:
    rows = list(csv.DictReader(io.StringIO(export(governed.release, governed.public, "trace-csv").decode())))
    assert len(rows) == 3
    for row in rows:
        data = (governed.release / row["plan"]).read_bytes()
        assert row["plan_sha256"] == sha256_bytes(data) and row["approved_by"] == "Olga"
        signed = parse_signed(data, PAYLOAD_TYPE, row["plan"])
        assert signed.signers({governed.office.key("Olga").keyid: governed.office.key("Olga")})
        (suite,) = [stage for stage in signed.document["stages"] if stage["address"] == row["suite"]]
        assert suite["gates"][row["metric"]] == row["planned"] == f"{row['comparison']} {row['threshold']}"
    document = parse_json(export(governed.release, governed.public, "trace-json"), "it")
    assert document["trust_root"] == f"version 1, sha256:{governed.office.root().digest}"


def test_without_a_plan_nobody_fixed_a_gate(evidence: Evidence) -> None:
    for one in traces(evidence):
        assert (one.planned, one.plan, one.plan_sha256, one.approved_by) == ("", "", "", "")


def test_a_gate_that_the_plan_does_not_have_was_fixed_by_nobody(tmp_path: Path) -> None:
    found = govern(tmp_path, unplanned=ACCURACY)
    lines = {one.metric: one.approved_by for one in traces(read_evidence(found.release, found.public))}
    assert lines == {ACCURACY: "", COVERAGE: "Olga"}


@pytest.mark.parametrize("declared", [None, {COVERAGE: ["REQ-12"]}])
def test_gates_that_no_id_leads_to_are_listed(
    uri: str, public: PublicKey, tmp_path: Path, declared: dict[str, Any] | None
) -> None:
    release = build_staged(tmp_path / "work", uri, traces=declared)
    document = json.loads(export(release, public, "trace-json"))
    assert {one["metric"] for one in document["untraced"]} == set(GATES) - set(declared or {})
    assert len(export(release, public, "trace-csv").decode().splitlines()) == 1 + len(document["traces"])


@pytest.mark.parametrize("one", ["=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(uri: str, public: PublicKey, tmp_path: Path, one: str) -> None:
    # A BUILD file cannot hold such an id; a release of somebody else's builder can.
    release = build_staged(tmp_path / "work", uri, traces={COVERAGE: [one]})
    (row,) = csv.DictReader(io.StringIO(export(release, public, "trace-csv").decode(), newline=""))
    assert row["id"] == f"'{one}"
    assert json.loads(export(release, public, "trace-json"))["traces"][0]["id"] == one


@pytest.mark.parametrize("one", ["a,b", 'a"b', "a\nb", "é"])
def test_ids_of_any_text_survive_the_table(uri: str, public: PublicKey, tmp_path: Path, one: str) -> None:
    release = build_staged(tmp_path / "work", uri, traces={COVERAGE: [one]})
    (row,) = csv.DictReader(io.StringIO(export(release, public, "trace-csv").decode(), newline=""))
    assert row["id"] == one


@pytest.mark.parametrize(
    ("declared", "told"),
    [
        ({"review_escalation": ["REQ-1"]}, "traces 'review_escalation', and evaluation/suite/report.json has no such"),
        ({COVERAGE: "REQ-1"}, "are not lists of ids by metric"),
        (["REQ-1"], "are not lists of ids by metric"),
        ({COVERAGE: [12]}, "an id that a gate answers to is not text"),
    ],
)
def test_traces_of_another_shape_are_refused(
    uri: str, public: PublicKey, tmp_path: Path, declared: Any, told: str
) -> None:
    release = build_staged(tmp_path / "work", uri, traces=declared)
    with pytest.raises(MalformedEvidence, match=told):
        export(release, public, "trace-csv")
