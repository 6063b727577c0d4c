from __future__ import annotations

import hashlib
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from cli.desk import Desk
from log.writing import SUBJECT, append, event, unlocked
from pedigree.cli.acts import shown_log
from pedigree.cli.main import main
from pedigree.log import append as appending
from pedigree.log.append import LOG_VARIABLE
from pedigree.step.digests import sha256_bytes
from pedigree.trust.signers import signer_public_key
from trust.keyfile import make_key
from trust.office import Office

SAID = ["--action", "base.approve", "--subject", f"models/base={SUBJECT}", "--meaning", "fit for use"]


@pytest.fixture
def uri(tmp_path: Path) -> str:
    uri = make_key(tmp_path / "signer.pem")
    (tmp_path / "signer.pub").write_text(signer_public_key(uri).pem)
    return uri


@pytest.fixture
def log(tmp_path: Path, uri: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A log of three entries, to which the environment leads."""
    path = tmp_path / "log.db"
    append(f"sqlite://{path}", [event("base.propose", 9), event("base.approve", 10, actor="Jürgen Groß")], uri)
    monkeypatch.setenv(LOG_VARIABLE, f"sqlite://{path}")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return path


def verify(log: Path, *more: str) -> int:
    return main(["log", "verify", "--key", str(log.with_name("signer.pub")), *more])


def test_append_prints_the_number_and_show_what_was_said(
    log: Path, uri: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["log", "append", *SAID, "--name", "Ada Lovelace", "--signer", uri]) == 0
    assert capfd.readouterr().out == "4\n"
    assert main(["log", "show", "--subject", "models/base"]) == 0
    told = capfd.readouterr().out
    assert told.count("\n") == 2 and told.startswith("4  ") and "Ada Lovelace, key " in told and "fit for use" in told
    assert verify(log) == 0


def test_a_stated_time_is_kept(log: Path, uri: str, capfd: pytest.CaptureFixture[str]) -> None:
    stated = ["--name", "Ada", "--signer", uri, "--time"]
    assert main(["log", "append", *SAID, *stated, "2026-11-20T11:30:00Z"]) == 0
    assert main(["log", "append", *SAID, *stated, "2026-11-20T08:00:00Z"]) == 2
    assert "lies before 2026-11-20T11:30:00Z" in capfd.readouterr().err


def test_json_lines_are_what_is_hashed(log: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["log", "show", "--format", "json"]) == 0
    lines = capfd.readouterr().out.splitlines()
    hashes = [hashlib.sha256(b"pedigree.log.entry/1\n" + line.encode()).hexdigest() for line in lines]
    assert [json.loads(line)["previous"] for line in lines] == ["0" * 64, *hashes[:-1]]


@pytest.mark.parametrize(
    ("filters", "numbers"),
    [
        ([], [1, 2, 3]),
        (["--action", "base.approve"], [3]),
        (["--subject", SUBJECT], [2, 3]),
        (["--subject", "models/base:tiny", "--action", "base.propose"], [2]),
        (["--action", "key.enroll"], []),
    ],
)
def test_show_prints_what_is_asked_for(
    log: Path, capfd: pytest.CaptureFixture[str], filters: list[str], numbers: list[int]
) -> None:
    assert main(["log", "show", "--format", "json", *filters]) == 0
    assert [json.loads(line)["number"] for line in capfd.readouterr().out.splitlines()] == numbers


def test_verify_prints_numbered_lines_and_remembers(log: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert verify(log) == 0
    lines = capfd.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if line.startswith("(")] == [f"({number})" for number in range(1, 9)]
    assert lines[-1] == "The log holds." and "none was seen before" in lines[-2]
    assert verify(log) == 0
    assert "seen before: 3 entries" in capfd.readouterr().out


def test_what_is_cut_off_between_two_verifications_is_found(log: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = log.read_bytes()
    append(f"sqlite://{log}", [event()], f"file:{log.with_name('signer.pem')}")
    assert verify(log) == 0
    log.write_bytes(before)
    assert verify(log) == 1
    out = capfd.readouterr().out
    assert "(8) DOES NOT HOLD" in out and "the log ends before entry 4" in out
    assert verify(log) == 1  # what failed is not remembered


def test_a_head_that_was_handed_over_is_a_head_to_verify_against(
    log: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(["log", "head"]) == 0
    handed = tmp_path / "handed.json"
    handed.write_bytes(capfdbinary.readouterr().out)
    assert verify(log, "--head", str(handed), "--format", "json", "--explain") == 0
    verdict = json.loads(capfdbinary.readouterr().out)
    assert verdict["holds"] and "3 entries" in verdict["checks"][7]["detail"] and verdict["checks"][2]["explanation"]
    handed.write_bytes(b"\xff\xfe")
    assert verify(log, "--head", str(handed)) == 1


def test_a_trust_root_says_who_may_write_and_under_which_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(LOG_VARIABLE, f"sqlite://{tmp_path / 'log.db'}")
    office = Office(tmp_path)
    office.publish_root(office.root(), "Olga")
    root = tmp_path / "root.json"
    root.write_bytes(office.files["root/1.json"])
    append(f"sqlite://{tmp_path / 'log.db'}", [event(actor="Lea")], office.uri("Lea"))
    check = ["log", "verify", "--root", str(root), "--head", str(tmp_path / "seen")]
    assert main(check) == 0
    append(f"sqlite://{tmp_path / 'log.db'}", [event(actor="Lea")], office.uri("Quentin"))
    assert main(check) == 1
    assert "entry 3 names 'Lea'; its key is that of 'Quentin'" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["show", "--log", "mysql://host/log"], "unknown scheme 'mysql:'"),
        (["show", "--log", "sqlite:log.db"], "has no absolute path"),
        (["show", "--log", "sqlite:////nonexistent/log.db"], "there is no log /nonexistent/log.db"),
        (["head", "--log", "sqlite:///"], "is not a file"),
        (["verify"], "nothing says whom to believe"),
        (["verify", "--key", "/nonexistent.pub"], "No such file"),
        (["verify", "--root", "/dev/zero"], "is not a regular file"),
        (["append", *SAID, "--name", "Ada\x1b[2J"], "the actor's name is not one printable line"),
        (["append", *SAID, "--name", "Ada", "--time", "yesterday"], "'yesterday' is not a time"),
        (["append", *SAID, "--name", "Ada", "--signer", "file:/nonexistent.pem"], "cannot read the private key"),
    ],
)
def test_a_wrong_call_exits_with_2_and_a_hint(
    log: Path,
    uri: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    arguments: list[str],
    told: str,
) -> None:
    monkeypatch.setenv("PEDIGREE_SIGNER", uri)
    assert main(["log", *arguments]) == 2
    seen = capfd.readouterr()
    assert told in seen.err and "hint:" in seen.err and seen.out == ""


@pytest.mark.parametrize("action", ["append", "show", "verify", "head"])
@pytest.mark.parametrize("kind", ["empty", "not UTF-8", "truncated", "huge", "another database", "a wild entry"])
def test_a_log_that_is_none_exits_with_1_or_2_without_a_traceback_in_bounded_memory(
    log: Path, uri: str, kind: str, action: str
) -> None:
    broken: dict[str, bytes] = {"not UTF-8": b"\xff\xfe" * 4096, "truncated": log.read_bytes()[:5000], "empty": b""}
    if kind in broken:
        log.write_bytes(broken[kind])
    elif kind == "huge":
        os.truncate(log, 0)
        os.truncate(log, 1 << 30)
    elif kind == "another database":
        with unlocked(log) as connection:
            connection.execute("PRAGMA application_id = 7")
    else:
        with unlocked(log) as connection:
            connection.execute("UPDATE entries SET data = x'fffe' WHERE number = 3")
    key = str(log.with_name("signer.pub"))
    arguments = {"append": [*SAID, "--name", "Ada", "--signer", uri], "verify": ["--key", key]}.get(action, [])
    done = subprocess.run(
        [sys.executable, "-m", "pedigree.cli.main", "log", action, *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(each for each in sys.path if each)},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (300 << 20, 300 << 20)),
        capture_output=True,
        text=True,
        check=False,
    )
    fine = (kind == "a wild entry" and action == "head") or (kind == "empty" and action == "append")
    assert done.returncode in ((0,) if fine else (1, 2)), done.stderr
    assert "Traceback" not in done.stderr


def test_output_that_nobody_reads_to_its_end_is_no_error(log: Path, uri: str) -> None:
    append(f"sqlite://{log}", [event() for _ in range(400)], uri)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(each for each in sys.path if each)}
    shown = subprocess.Popen(
        [sys.executable, "-m", "pedigree.cli.main", "log", "show"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert shown.stdout is not None and shown.stderr is not None
    shown.stdout.read(10)
    shown.stdout.close()
    assert shown.stderr.read() == b"" and shown.wait() == 0


def test_what_is_remembered_of_two_logs_is_kept_apart(log: Path, tmp_path: Path, uri: str) -> None:
    assert verify(log) == 0
    other = f"sqlite://{tmp_path / 'other.db'}"
    append(other, [event()], uri)
    assert verify(log, "--log", other) == 0 and verify(log) == 0
    seen = {path.name for path in (tmp_path / "state/pedigree/seen").iterdir()}
    assert len(seen) == 4 and f"log-{sha256_bytes(other.encode())[:16]}.json" in seen


def test_a_log_is_known_again_under_another_path(log: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    before = log.read_bytes()
    append(f"sqlite://{log}", [event()], f"file:{log.with_name('signer.pem')}")
    assert verify(log) == 0
    moved = tmp_path / "moved.db"
    moved.write_bytes(log.read_bytes())
    assert verify(log, "--log", f"sqlite://{moved}") == 0
    assert "seen before: 4 entries" in capfd.readouterr().out
    moved.write_bytes(before)
    for url in (f"sqlite://{moved}", f"sqlite:////{moved}", f"sqlite://{tmp_path}/./moved.db"):
        assert verify(log, "--log", url) == 1
        assert "the log ends before entry 4" in capfd.readouterr().out


def test_another_log_in_the_place_of_one_is_found(log: Path, uri: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert verify(log) == 0
    log.unlink()
    append(f"sqlite://{log}", [event()], uri)
    capfd.readouterr()
    assert verify(log) == 1
    assert "this is another log than" in capfd.readouterr().out


def test_what_people_sign_by_command_is_in_the_log_under_their_names(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(LOG_VARIABLE, f"sqlite://{tmp_path / 'log.db'}")
    assert desk.init() == 0
    assert desk.pedigree("keys", "retire", "Otto", "--time", "2026-01-31T12:00:00Z", by="Olga") == 0
    assert desk.pedigree("snapshot", by="Quentin") == 0
    assert desk.revoke("release", f"models/demo={SUBJECT}") == 0
    capfd.readouterr()
    assert main(["log", "show", "--format", "json"]) == 0
    entries = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    told = [(entry["action"], entry["actor"]["name"], entry["details"].get("role")) for entry in entries]
    assert told == [
        ("log.open", "Olga", None),
        ("keys.init", "Olga", "owner"),
        ("keys.retire", "Olga", "owner"),
        ("snapshot.sign", "Quentin", "quality"),
        ("release.revoke", "Quentin", "quality"),
    ]
    root = str(desk.attestations / "root" / "2.json")
    assert main(["log", "verify", "--root", root, "--head", str(tmp_path / "seen")]) == 0


def test_what_cannot_be_logged_is_not_filed(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "log.db").write_bytes(b"not a log" * 1000)
    monkeypatch.setenv(LOG_VARIABLE, f"sqlite://{tmp_path / 'log.db'}")
    assert desk.init() == 2
    assert "file is not a database" in capfd.readouterr().err
    assert not desk.attestations.exists() or not list(desk.attestations.rglob("*.json"))


def test_each_command_says_which_log_it_wrote(
    desk: Desk, own_log: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert desk.init() == 0
    assert f"entry 2 of the log sqlite://{own_log}\n" in capfd.readouterr().err
    monkeypatch.setenv(LOG_VARIABLE, "none")
    before = own_log.read_bytes()
    for call in (["snapshot"], ["revoke", "release", f"x={SUBJECT}", "--reason", "wrong", "--meaning", "I revoke it"]):
        assert desk.pedigree(*call, by="Quentin") == 0
        assert "in no log: PEDIGREE_LOG is 'none'" in capfd.readouterr().err
    assert own_log.read_bytes() == before
    assert main(["log", "show"]) == 2
    assert "PEDIGREE_LOG is 'none': there is no log" in capfd.readouterr().err


def test_without_the_variable_people_write_into_their_own_log(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(LOG_VARIABLE)
    monkeypatch.setattr(appending, "developer_directory", lambda: tmp_path / "home" / "keys")
    assert desk.init() == 0
    assert f"entry 2 of the log sqlite://{tmp_path / 'home/log.db'}\n" in capfd.readouterr().err
    assert main(["log", "show", "--action", "keys.init"]) == 0
    assert "Olga" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://ada:secret@host:5432/db?password=secret", "postgresql://host:5432/db"),
        ("postgresql:///db?user=ada&password=secret", "postgresql:/db"),
        ("sqlite:///srv/a@b/log.db", "sqlite:///srv/a@b/log.db"),
        ("sqlite:///srv/a?b#c/log.db", "sqlite:///srv/a?b#c/log.db"),
    ],
)
def test_a_log_is_named_without_its_password(url: str, shown: str) -> None:
    assert shown_log(url) == shown
