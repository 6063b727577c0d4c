"""The map of clauses: evidence that maps to a clause, and never that one is met."""

from __future__ import annotations

import re
from pathlib import Path

from export.governed import Governed
from export.staged import build_staged
from pedigree.export.clause import KINDS
from pedigree.export.clause_map import CLAUSES, clause_map, evidence_files
from pedigree.export.evidence import Evidence, read_evidence
from pedigree.export.formats import export
from pedigree.step.digests import sha256_bytes
from pedigree.trust.attestations import ATTESTED
from pedigree.trust.instructions import KEY_FILE
from pedigree.trust.places import APPROVALS, REVOCATIONS
from pedigree.trust.public import PublicKey, read_public_key

# What the title of ISO 13485, 8.3.3 has, and what nobody claims of anything.
TITLES = "nonconforming product"
SPINE = Path(__file__).parents[1] / "trust/golden/1-spine"


def test_every_clause_names_kinds_that_there_are_and_stands_once() -> None:
    assert {kind for clause in CLAUSES for kind in clause.kinds} == set(KINDS)
    names = [(clause.framework, clause.number, clause.kinds[0]) for clause in CLAUSES]
    assert len(names) == len(set(names))
    assert len({clause.framework for clause in CLAUSES}) == 5
    titles = {(clause.framework, clause.number): clause.title for clause in CLAUSES}
    assert all(titles[clause.framework, clause.number] == clause.title for clause in CLAUSES)


def test_every_kind_of_evidence_is_found_in_a_release(governed: Governed) -> None:
    found = evidence_files(read_evidence(governed.release, governed.public))
    assert list(found) == list(KINDS)
    assert all(found.values())
    assert found["supplied"] == ["attestations/models.base.tiny.provenance.sigstore.json"]
    for kind, place in (("approvals", APPROVALS), ("revocations", REVOCATIONS)):
        signed = {
            f"{ATTESTED}/{path}" for path in governed.office.files if path.startswith(place) and "sigstore" in path
        }
        assert set(found[kind]) == signed
    names = {path.rpartition("/")[2] for path in found["plan"]}
    owner = governed.office.key("Olga").keyid[:16]
    assert names == {"models.demo.demo.plan.json", "models.demo.demo.layout", f"{owner}.pub"}


def test_a_row_stands_only_where_there_is_what_its_reason_speaks_of(evidence: Evidence, governed: Governed) -> None:
    with_plan = export(governed.release, governed.public, "clauses").decode()
    found = evidence_files(evidence)  # of a release that brings approvals, and neither plan nor revocation
    assert found["approvals"] and not found["plan"] and not found["revocations"]
    without = clause_map(evidence).decode()
    for number in ("11.50(a)", "11.50(b)", "11.100(a)", "A.3.2"):
        assert f"| {number} |" in with_plan and f"| {number} |" in without
    for number in ("8.2.1", "7.3.9", "A.6.2.5", "8.3.3", "9.3"):
        assert f"| {number} |" in with_plan and f"| {number} |" not in without
    row = next(line for line in without.splitlines() if "| 11.50(a) |" in line)
    assert "| approvals |" in row and "| approvals, revocations |" in with_plan
    assert with_plan.count("| Description of Modifications |") == 2 == 1 + without.count("Description of Modifications")
    assert "Decisions count by the trust root in it: version 1, sha256:" in with_plan


def test_a_release_of_a_time_before_approvals_maps_to_no_clause_about_them() -> None:
    text = export(SPINE, read_public_key(SPINE / KEY_FILE), "clauses").decode()
    assert "| 11.10(a) |" in text and "| 7.4.3 |" in text
    for number in ("11.10(g)", "11.50(a)", "7.4.1", "8.2.1"):
        assert f"| {number} |" not in text
    assert "scanned and approved" not in text and "trust root" not in text


def test_files_are_listed_with_their_digests(pristine: Path, public: PublicKey) -> None:
    listed = re.findall(r"^\| (\S+) \| ([0-9a-f]{64}) \|$", export(pristine, public, "clauses").decode(), re.MULTILINE)
    for path, digest in listed:
        assert digest == sha256_bytes((pristine / path).read_bytes())
    assert {"model.sig", "MODEL_CARD.md", "evaluation/suite/report.json"} <= {path for path, _ in listed}


def test_a_clause_without_evidence_is_not_listed(uri: str, public: PublicKey, tmp_path: Path) -> None:
    release = build_staged(tmp_path / "work", uri, traces=None)
    text = export(release, public, "clauses").decode()
    assert "| 7.3.3 |" not in text and "## Evidence: traces" not in text
    assert "| 5.7.5 |" in text


def test_nothing_is_claimed(pristine: Path, public: PublicKey) -> None:
    text = export(pristine, public, "clauses").decode()
    assert "# Evidence that maps to clauses" in text and "no claim that the clause is met" in text
    said = " ".join(clause.title + clause.why for clause in CLAUSES).replace(TITLES, "") + text.replace(TITLES, "")
    assert not re.search(r"compl(y|ies|iant|iance)|conform|fulfil|satisf|certif", said, re.IGNORECASE)
