"""`pedigree log verify --attestations`: whoever signs past the log is found."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.desk import NOON, Desk
from log.writing import append
from pedigree.cli.main import main
from pedigree.log.append import LOG_VARIABLE
from pedigree.log.entry import Event
from trust.office import LATER, Office


@pytest.fixture
def filled(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A trust root of two versions, an approved base, a revocation and a snapshot, all of it signed by commands."""
    monkeypatch.setenv("XDG_STATE_HOME", str(desk.directory / "state"))
    desk.init()
    desk.file_entry()
    for name in ("Quentin", "Lea"):
        approve = ("base", "approve", "models/base:tiny", "--meaning", "fit for use", "--time", NOON)
        assert desk.pedigree(*approve, by=name) == 0
    assert desk.revoke("release", f"models/demo={'5' * 64}") == 0
    assert desk.pedigree("keys", "enroll", "--role", "legal", f"Linus={desk.public('Linus')}", by="Olga") == 0
    assert desk.pedigree("snapshot", by="Quentin") == 0
    return desk


def verify(desk: Desk) -> int:
    root = desk.attestations / "root/2.json"
    return main(["log", "verify", "--root", str(root), "--attestations", str(desk.attestations), "--explain"])


def told(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out


def test_a_log_that_tells_of_all_that_is_filed_holds(filled: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert verify(filled) == 0
    out = told(capsys)
    assert "(9) holds" in out and "(10) holds" in out
    assert "6 signatures in 6 files" in out  # two roots, two approvals, a revocation, a snapshot


@pytest.mark.parametrize(
    ("call", "by", "path"),
    [
        (
            ("revoke", "release", f"x={'6' * 64}", "--reason", "wrong", "--meaning", "I revoke it"),
            "Lea",
            "revocations/",
        ),
        (("keys", "retire", "Linus"), "Olga", "root/3.json"),
        (("snapshot",), "Quentin", "snapshot.json"),
        (
            ("base", "approve", "models/base:tiny", "--meaning", "fit for use", "--time", LATER),
            "Quentin",
            "approvals/",
        ),
        (("base", "approve", "models/base:tiny", "--meaning", "fit for use", "--time", NOON), "Linus", "approvals/"),
    ],
)
def test_what_is_signed_past_the_log_is_found(
    filled: Desk,
    own_log: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    call: tuple[str, ...],
    by: str,
    path: str,
) -> None:
    assert verify(filled) == 0
    monkeypatch.setenv(LOG_VARIABLE, "none")
    assert filled.pedigree(*call, by=by) == 0
    monkeypatch.setenv(LOG_VARIABLE, f"sqlite://{own_log}")
    capsys.readouterr()
    assert verify(filled) == 1
    out = told(capsys)
    assert "(9) DOES NOT HOLD" in out and f"no entry tells that {by} signed {path}" in out
    assert "others have none" not in out


def test_an_entry_that_somebody_else_wrote_stands_for_nothing(
    filled: Desk, own_log: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(LOG_VARIABLE, "none")
    assert filled.revoke("release", f"x={'6' * 64}", by="Lea") == 0
    entry = Event("Quentin", "release.revoke", "x", "6" * 64, "I revoke it")
    append(f"sqlite://{own_log}", [entry], filled.uri("Quentin"))
    monkeypatch.setenv(LOG_VARIABLE, f"sqlite://{own_log}")
    assert verify(filled) == 1
    assert "no entry tells that Lea signed" in told(capsys)
    later = Event("Lea", "release.revoke", "x", "6" * 64, "I revoked it, and write it down now")
    append(f"sqlite://{own_log}", [later], filled.uri("Lea"))
    assert verify(filled) == 0


def test_what_a_revoked_key_writes_afterwards_is_found(
    filled: Desk, own_log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert filled.revoke("key", "Lea") == 0
    assert verify(filled) == 0
    assert "1 keys are revoked" in told(capsys)
    stolen = Event("Lea", "base.approve", "models/base:tiny", "7" * 64, "fit for use")
    append(f"sqlite://{own_log}", [stolen], filled.uri("Lea"))
    assert verify(filled) == 1
    out = told(capsys)
    assert "(10) DOES NOT HOLD" in out and "(base.approve) is by a key whose revocation entry" in out
    assert "(9) holds" in out


def test_attestations_of_somebody_else_are_refused(
    filled: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = Office(tmp_path / "other")
    other.directory.mkdir()
    root = other.publish_root(other.root(), "Olga")
    path = tmp_path / "other.json"
    path.write_bytes(other.files[f"root/{root.version}.json"])
    call = ["log", "verify", "--root", str(path), "--attestations", str(filled.attestations)]
    assert main(call) == 2
    assert "does not hold the trust root that is named" in capsys.readouterr().err
    (filled.attestations / "snapshot.json").write_bytes(b"{}")
    assert verify(filled) == 2
    assert "hint:" in capsys.readouterr().err


def test_the_verdict_as_json_numbers_the_further_checks(filled: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    root = str(filled.attestations / "root/2.json")
    call = ["log", "verify", "--root", root, "--attestations", str(filled.attestations), "--format", "json"]
    capsys.readouterr()
    assert main(call) == 0
    assert [check["number"] for check in json.loads(told(capsys))["checks"]] == list(range(1, 11))
