"""What is revoked is told by digest, with who revoked it and why."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pedigree.trust.attestations import write_attestation
from pedigree.trust.revoked import main
from trust.office import Office
from trust.published import put_in_force

RECORDS = "9f" * 32


@pytest.fixture
def office(tmp_path: Path) -> Office:
    (tmp_path / "office").mkdir()
    office = Office(tmp_path / "office")
    put_in_force(office)
    return office


def publish(office: Office, directory: Path) -> Path:
    """Lay out what a build finds in a repository."""
    for path, data in office.files.items():
        write_attestation(directory / "attestations", path, data)
    return directory


def test_every_digest_of_a_revocation_is_told_with_who_and_why(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    office.revoke("Quentin", "dataset", {"datasets/x": RECORDS, "datasets/y": "a0" * 32}, "it holds names")
    assert main([str(publish(office, tmp_path / "repo"))]) == 0
    told = "revoked by Quentin (quality, 2026-01-31T12:00:00Z): it holds names"
    assert json.loads(capsys.readouterr().out) == {RECORDS: told, "a0" * 32: told}


def test_where_nobody_signed_anything_nothing_is_revoked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 0
    assert json.loads(capsys.readouterr().out) == {}


def test_what_somebody_signed_who_may_not_revoke_is_an_error_and_not_the_answer_that_nothing_is(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    office.revoke("Ray", "dataset", {"datasets/x": RECORDS}, "it holds names")
    assert main([str(publish(office, tmp_path / "repo"))]) == 1
    seen = capsys.readouterr()
    assert seen.out == "" and "Ray" in seen.err and "hint:" in seen.err


def test_a_call_without_a_directory_is_a_wrong_call() -> None:
    assert main([]) == 2
