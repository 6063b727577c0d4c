from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pedigree.cli.main import main
from pedigree.trust.attestations import write_attestation
from trust.builder import build_release, make_key
from trust.office import LATER, Office
from trust.published import sealed_in

KEY = "attestations/keys/signer.pub"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("cli")
    return build_release(directory / "work", make_key(directory / "signer.pem"))


def test_a_release_that_holds_exits_with_0_and_numbered_lines(
    release: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", str(release), "--key", str(release / KEY)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if line.startswith("(")] == [f"({number})" for number in range(1, 14)]
    assert lines[-1] == "The release holds."


def test_a_release_that_does_not_hold_exits_with_1_and_says_why(
    release: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    added = release / "model" / "added"
    added.write_text("")
    try:
        assert main(["verify", str(release), "--key", str(release / KEY)]) == 1
    finally:
        added.unlink()
    out = capsys.readouterr().out
    assert "(8) DOES NOT HOLD" in out and "model/added" in out
    assert out.splitlines()[-1] == "2 of 13 checks do not hold: do not use it."


def test_json_carries_the_same_verdict(release: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(release), "--key", str(release / KEY), "--format", "json"]) == 0
    verdict = json.loads(capsys.readouterr().out)
    assert verdict["holds"] is True
    assert [check["number"] for check in verdict["checks"]] == list(range(1, 14))
    assert set(verdict["checks"][0]) == {"number", "claim", "holds", "detail"}


@pytest.mark.parametrize(
    ("directory", "key", "told"),
    [
        ("missing", KEY, "is not a directory"),
        (".", "missing.pub", "missing.pub: No such file"),
        (".", "VERIFY.md", "not a public key"),
    ],
)
def test_a_wrong_call_exits_with_2_and_a_hint(
    release: Path, capsys: pytest.CaptureFixture[str], directory: str, key: str, told: str
) -> None:
    assert main(["verify", str(release / directory), "--key", str(release / key)]) == 2
    told_on = capsys.readouterr()
    assert told in told_on.err and "hint:" in told_on.err and told_on.out == ""


@pytest.mark.parametrize(
    "arguments", [[], ["verify"], ["verify", ".", "--key"], ["verify", ".", "--key", "x", "--format", "xml"]]
)
def test_missing_arguments_exit_with_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ([], "nothing says whom to believe"),
        (["--key", "x", "--memory", "."], "without --root nothing of that is looked at"),
        (["--key", "x", "--in-force-now"], "without --root nothing of that is looked at"),
        (["--root", "missing.json", "--in-force-now"], "a release cannot tell what is in force now"),
        (["--root", "missing.json"], "missing.json: No such file"),
        (["--root", "VERIFY.md"], "VERIFY.md is not"),
    ],
)
def test_a_call_that_names_nobody_to_believe_exits_with_2(
    release: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, more: list[str], told: str
) -> None:
    monkeypatch.chdir(release)
    assert main(["verify", ".", *more]) == 2
    told_on = capsys.readouterr()
    assert told in told_on.err and "hint:" in told_on.err and told_on.out == ""


def test_against_a_trust_root_more_is_checked_and_every_check_can_be_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    office = Office(tmp_path)
    release = sealed_in(office, tmp_path / "work", "Ray")
    root = tmp_path / "1.json"
    root.write_bytes(office.files["root/1.json"])
    call = ["verify", str(release), "--root", str(root), "--memory", str(tmp_path / "seen")]
    assert main([*call, "--explain"]) == 0
    out = capsys.readouterr().out
    assert "(15) holds" in out and "sealed by Ray" in out and "Lea (legal, 2026-01-31T12:00:00Z)" in out
    assert sum(line.startswith("      | ") for line in out.splitlines()) >= 15
    assert main([*call, "--max-age", "1", "--format", "json"]) == 1
    failed = [check for check in json.loads(capsys.readouterr().out)["checks"] if not check["holds"]]
    assert [check["claim"] for check in failed] == ["what is in force is told by a snapshot that is not out of date"]


def test_a_retired_key_does_not_seal_where_it_must_be_in_force_now(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    office = Office(tmp_path)
    office.people["Rose"] = "release"
    release, first = sealed_in(office, tmp_path / "work", "Ray"), office.root()
    office.publish_root(office.retired(replace(first, version=2, replaces=first.digest), "Ray"), "Olga")
    office.publish_snapshot(office.retired(replace(first, version=2, replaces=first.digest), "Ray"), 2)
    for path, data in office.files.items():
        write_attestation(tmp_path / "published", path, data)
    call = ["verify", str(release), "--root", str(tmp_path / "published/root/1.json")]
    call += ["--attestations", str(tmp_path / "published"), "--memory", str(tmp_path / "seen")]
    assert main(call) == 0
    assert f"sealed by Ray, whose key was retired at {LATER}; it brings snapshot 1" in capsys.readouterr().out
    assert main([*call, "--in-force-now"]) == 1
    assert "and nothing shows that the release was sealed before" in capsys.readouterr().out


def test_the_key_that_a_user_names_may_be_a_link_and_the_one_in_a_release_may_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    office = Office(tmp_path)
    release = sealed_in(office, tmp_path / "work", "Ray")
    (tmp_path / "signer.pub").symlink_to(tmp_path / "kept.pub")
    (tmp_path / "kept.pub").write_bytes((release / KEY).read_bytes())
    assert main(["verify", str(release), "--key", str(tmp_path / "signer.pub")]) == 0
    (release / KEY).unlink()
    (release / KEY).symlink_to(tmp_path / "kept.pub")
    (tmp_path / "1.json").write_bytes(office.files["root/1.json"])
    capsys.readouterr()
    assert main(["verify", str(release), "--root", str(tmp_path / "1.json")]) == 2
    assert "cannot use the key that the release brings" in capsys.readouterr().err


def test_help_does_not_import_cryptography() -> None:
    program = "import sys, pedigree.cli.main; sys.exit('cryptography' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    assert subprocess.run([sys.executable, "-c", program], env=environment, check=False).returncode == 0
