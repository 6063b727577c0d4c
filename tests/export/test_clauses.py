"""The map of clauses: evidence that maps to a clause, and never that one is met."""

from __future__ import annotations

import re
from pathlib import Path

from export.staged import build_staged
from pedigree.export.clause import KINDS
from pedigree.export.clause_map import CLAUSES, evidence_files
from pedigree.export.evidence import Evidence
from pedigree.export.formats import export
from pedigree.step.digests import sha256_bytes
from pedigree.trust.public import PublicKey


def test_every_clause_names_kinds_that_there_are_and_stands_once() -> None:
    assert {kind for clause in CLAUSES for kind in clause.kinds} == set(KINDS)
    names = [(clause.framework, clause.number) for clause in CLAUSES]
    assert len(names) == len(set(names))
    assert len({clause.framework for clause in CLAUSES}) == 5


def test_every_kind_of_evidence_is_found_in_a_release(evidence: Evidence) -> None:
    found = evidence_files(evidence)
    assert list(found) == list(KINDS)
    assert all(found.values())
    assert found["supplied"] == ["attestations/models.base.tiny.provenance.sigstore.json"]


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
    said = " ".join(clause.title + clause.why for clause in CLAUSES) + text
    assert not re.search(r"compl(y|ies|iant|iance)|conform|fulfil|satisf|certif", said, re.IGNORECASE)
