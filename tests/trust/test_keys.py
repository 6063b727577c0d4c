from __future__ import annotations

import os
import pwd
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from pedigree.step.errors import ToolError
from pedigree.trust import keys
from pedigree.trust.public import read_public_key
from pedigree.trust.signers import SIGNER_VARIABLE
from trust.builder import make_key


def _mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_the_developer_key_is_made_once_closed_to_others_and_announced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = tmp_path / "keys"
    public = keys.ensure_developer_key(directory)
    told = capsys.readouterr()
    assert public.fingerprint in told.err and told.out == ""
    assert (_mode(directory), _mode(directory / "developer.pem"), _mode(directory / "developer.pub")) == (
        0o700,
        0o600,
        0o644,
    )
    assert read_public_key(directory / "developer.pub") == public
    assert keys.ensure_developer_key(directory) == public
    assert capsys.readouterr().err == ""
    assert sorted(os.listdir(directory)) == ["developer.pem", "developer.pub"]


def test_a_lost_public_file_is_written_again(tmp_path: Path) -> None:
    public = keys.ensure_developer_key(tmp_path / "keys")
    (tmp_path / "keys" / "developer.pub").unlink()
    assert keys.ensure_developer_key(tmp_path / "keys") == public
    assert read_public_key(tmp_path / "keys" / "developer.pub") == public


def test_processes_at_once_end_with_one_key(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from pedigree.trust.keys import ensure_developer_key;"
        "print(ensure_developer_key(Path(sys.argv[1])).fingerprint)"
    )
    call = [sys.executable, "-c", program, str(tmp_path / "keys")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    started = [
        subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        for _ in range(6)
    ]
    results = [(*process.communicate(), process.returncode) for process in started]
    assert {code for _, _, code in results} == {0}, results
    assert len({out for out, _, _ in results}) == 1
    assert sum("made a developer key" in err for _, err, _ in results) == 1
    assert sorted(os.listdir(tmp_path / "keys")) == ["developer.pem", "developer.pub"]


def test_home_comes_from_the_password_database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", "/nonexistent")
    monkeypatch.setenv("XDG_CONFIG_HOME", "/nonexistent")
    monkeypatch.setattr(pwd, "getpwuid", lambda uid: SimpleNamespace(pw_dir=str(tmp_path)))
    assert keys.developer_directory() == tmp_path / ".config/pedigree/keys"


def test_a_user_without_a_home_is_told_to_name_a_signer(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(uid: int) -> None:
        raise KeyError(uid)

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    with pytest.raises(ToolError, match=SIGNER_VARIABLE):
        keys.developer_directory()


def test_init_makes_the_key_and_public_prints_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(SIGNER_VARIABLE, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", lambda uid: SimpleNamespace(pw_dir=str(tmp_path)))
    assert keys.main(["public"]) == 1
    assert "hint: make one with `pedigree keys new`" in capsys.readouterr().err
    assert keys.main(["init"]) == 0
    assert capsys.readouterr().out == ""
    assert keys.main(["public"]) == 0
    assert capsys.readouterr().out == (tmp_path / ".config/pedigree/keys/developer.pub").read_text()


def test_another_signer_needs_no_developer_key(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(SIGNER_VARIABLE, make_key(tmp_path / "other.pem"))
    monkeypatch.setattr(pwd, "getpwuid", lambda uid: SimpleNamespace(pw_dir=str(tmp_path)))
    assert keys.main(["init"]) == 0
    assert not (tmp_path / ".config").exists()
    assert keys.main(["public"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("-----BEGIN PUBLIC KEY-----")
    assert keys.main(["prove"]) == 0
    assert capsys.readouterr().out == told


@pytest.mark.parametrize("arguments", [[], ["make"], ["init", "x"]])
def test_a_wrong_call_exits_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert keys.main(arguments) == 2
    assert "usage:" in capsys.readouterr().err


def test_a_place_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("a file where the directory should be")
    with pytest.raises(ToolError, match="cannot make the key"):
        keys.ensure_developer_key(tmp_path / "keys")
