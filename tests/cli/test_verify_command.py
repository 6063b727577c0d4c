from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pedigree.cli.main import main
from trust.builder import build_release, make_key

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
    assert [line.split()[0] for line in lines if line.startswith("(")] == [f"({number})" for number in range(1, 11)]
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
    assert out.splitlines()[-1] == "2 of 10 checks do not hold: do not use it."


def test_json_carries_the_same_verdict(release: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(release), "--key", str(release / KEY), "--format", "json"]) == 0
    verdict = json.loads(capsys.readouterr().out)
    assert verdict["holds"] is True
    assert [check["number"] for check in verdict["checks"]] == list(range(1, 11))
    assert set(verdict["checks"][0]) == {"number", "claim", "holds", "detail"}


@pytest.mark.parametrize(
    ("directory", "key", "told"),
    [
        ("missing", KEY, "is not a directory"),
        (".", "missing.pub", "cannot read"),
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
    "arguments", [[], ["verify"], ["verify", "."], ["verify", ".", "--key", "x", "--format", "xml"]]
)
def test_missing_arguments_exit_with_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2


def test_help_does_not_import_cryptography() -> None:
    program = "import sys, pedigree.cli.main; sys.exit('cryptography' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    assert subprocess.run([sys.executable, "-c", program], env=environment, check=False).returncode == 0
