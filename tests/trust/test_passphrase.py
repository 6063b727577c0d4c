"""A passphrase comes from a private file or from a person at a terminal, and from nowhere else."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from pedigree.step.errors import ToolError
from pedigree.trust.keys import make_private_key
from pedigree.trust.passphrase import PASSPHRASE_VARIABLE, ask_passphrase
from pedigree.trust.pkcs8 import private_pem
from pedigree.trust.public import read_public_key
from pedigree.trust.signers import load_signer, signer_public_key
from pedigree.trust.verify import verify_release
from trust.builder import build_release

SECRET = "correct horse, bättery"
PROGRAM = "import sys; from pedigree.trust.keys import main; sys.exit(main(['public']))"


@pytest.fixture
def locked(tmp_path: Path) -> str:
    """A signer whose key is encrypted."""
    assert make_private_key(tmp_path / "locked.pem", SECRET.encode())
    return f"file:{tmp_path / 'locked.pem'}"


@pytest.fixture
def secret_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that holds its passphrase."""
    path = tmp_path / "passphrase"
    path.write_text(f"{SECRET}\n")
    path.chmod(0o600)
    monkeypatch.setenv(PASSPHRASE_VARIABLE, str(path))
    return path


@pytest.fixture(autouse=True)
def nobody_at_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests at a terminal is not asked for anything."""
    monkeypatch.delenv(PASSPHRASE_VARIABLE, raising=False)
    monkeypatch.setattr(os, "tcgetpgrp", lambda handle: -1)


def test_a_key_under_a_passphrase_seals_a_release_that_verifies(locked: str, secret_file: Path, tmp_path: Path) -> None:
    release = build_release(tmp_path / "work", locked)
    verdict = verify_release(release, signer_public_key(locked))
    assert verdict.holds, [check for check in verdict.checks if not check.holds]


def test_a_key_under_a_passphrase_signs_reproducibly(locked: str, secret_file: Path) -> None:
    public = signer_public_key(locked)
    assert load_signer(locked, public).sign(b"x").signature == load_signer(locked, public).sign(b"x").signature


def test_a_wrong_passphrase_says_which_key_it_does_not_open(locked: str, secret_file: Path) -> None:
    secret_file.write_text("another")
    with pytest.raises(
        ToolError, match=r"does not open the private key .*locked\.pem\nhint: .*PEDIGREE_PASSPHRASE_FILE"
    ):
        signer_public_key(locked)


def test_without_a_file_and_a_terminal_nobody_can_be_asked(locked: str) -> None:
    with pytest.raises(ToolError, match=r"no terminal to ask on for the passphrase of .*locked\.pem\nhint: write it"):
        signer_public_key(locked)


def test_a_passphrase_in_a_variable_or_beside_the_key_is_not_looked_for(
    locked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PEDIGREE_PASSPHRASE", "PASSPHRASE", "PIN"):
        monkeypatch.setenv(name, SECRET)
    with pytest.raises(ToolError, match="no terminal to ask on"):
        signer_public_key(locked)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o610, 0o602])
def test_a_passphrase_file_open_to_others_is_refused(mode: int, locked: str, secret_file: Path) -> None:
    secret_file.chmod(mode)
    with pytest.raises(ToolError, match="the passphrase file .* is open to other users\nhint: chmod 600"):
        signer_public_key(locked)


@pytest.mark.parametrize("content", [b"", b"two\nlines\n", b"\xff\xfe", b"x" * 70_000])
def test_a_passphrase_file_with_something_else_in_it_is_refused(content: bytes, secret_file: Path) -> None:
    secret_file.write_bytes(content)
    with pytest.raises(ToolError, match="one line of UTF-8 text|larger than 65536 bytes"):
        ask_passphrase("the passphrase")


def test_a_passphrase_file_that_is_not_there_a_directory_or_a_pipe_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    for name, told in (
        ("missing", "No such file"),
        (".", "not a regular file|Is a directory"),
        ("pipe", "not a regular"),
    ):
        monkeypatch.setenv(PASSPHRASE_VARIABLE, str(tmp_path / name))
        with pytest.raises(ToolError, match=told):
            ask_passphrase("the passphrase")
    monkeypatch.setenv(PASSPHRASE_VARIABLE, "passphrase")
    with pytest.raises(ToolError, match="no absolute path"):
        ask_passphrase("the passphrase")


def _environment(uri: str) -> dict[str, str]:
    search = os.pathsep.join(path for path in sys.path if path)
    return {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONPATH": search, "PEDIGREE_SIGNER": uri}


def _at_a_terminal(uri: str, typed: str) -> tuple[int, str]:
    """Run the program with a terminal of its own, and type when it asks; exit code and what stood on the terminal."""
    child, terminal = pty.fork()
    if child == 0:
        os.execve(sys.executable, [sys.executable, "-c", PROGRAM], _environment(uri))
    shown, answered, deadline = b"", False, time.monotonic() + 60
    while time.monotonic() < deadline:
        select.select([terminal], [], [], 1)
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # the other end is closed
            break
        shown += piece
        if not answered and b"locked.pem: " in shown:
            os.write(terminal, typed.encode())
            answered = True
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), shown.decode()


def test_a_person_at_a_terminal_is_asked_and_what_is_typed_is_not_shown(
    locked: str, secret_file: Path, tmp_path: Path
) -> None:
    code, shown = _at_a_terminal(locked, f"{SECRET}\n")
    assert code == 0, shown
    assert f"the passphrase of {tmp_path / 'locked.pem'}: " in shown and SECRET not in shown
    assert signer_public_key(locked).pem.splitlines()[1] in shown


def test_a_wrong_or_no_answer_at_a_terminal_is_one_clear_error(locked: str) -> None:
    code, shown = _at_a_terminal(locked, "wrong\n")
    assert code == 1 and "error: the passphrase does not open the private key" in shown
    code, shown = _at_a_terminal(locked, "\x04")
    assert code == 1 and "error: nothing was typed for the passphrase" in shown
    assert "Traceback" not in shown


def test_a_process_in_a_session_without_a_terminal_does_not_wait_for_one(locked: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=_environment(locked),
        start_new_session=True,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1 and "error: no terminal to ask on" in done.stderr


def test_openssl_reads_the_key_that_was_written_with_its_passphrase_alone(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    assert make_private_key(path, SECRET.encode())
    assert path.stat().st_mode & 0o777 == 0o600
    command = ["openssl", "ec", "-in", str(path), "-pubout", "-passin", "stdin"]
    done = subprocess.run(command, input=SECRET, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    key = serialization.load_pem_private_key(path.read_bytes(), SECRET.encode())
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    assert done.stdout.encode() == key.public_key().public_bytes(serialization.Encoding.PEM, spki)
    refused = subprocess.run(command, input="wrong", capture_output=True, text=True, check=False)
    assert refused.returncode != 0


def test_the_same_key_and_passphrase_give_other_bytes_each_time() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    assert private_pem(key, b"x") != private_pem(key, b"x")
    assert private_pem(key, None) == private_pem(key, None)


def test_a_key_that_is_there_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    assert make_private_key(path, None)
    before = path.read_bytes()
    assert not make_private_key(path, b"x")
    assert path.read_bytes() == before and [entry.name for entry in tmp_path.iterdir()] == ["key.pem"]


def test_an_empty_passphrase_makes_no_key(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="the passphrase is empty"):
        make_private_key(tmp_path / "key.pem", b"")
    assert list(tmp_path.iterdir()) == []


def test_directories_that_are_made_for_a_key_are_closed_and_others_are_left_as_they_are(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert make_private_key(tmp_path / "keys/key.pem", None)
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700
    assert tmp_path.stat().st_mode & 0o777 == 0o755
    public = tmp_path / "key.pub"
    public.write_text(signer_public_key(f"file:{tmp_path / 'keys/key.pem'}").pem)
    assert read_public_key(public).pem == public.read_text()
