"""The process of a tool: what its failures read like, what its record says, and what exit code 3 becomes."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pedigree.build import evidence, sandbox
from pedigree.build.errors import BuildError
from pedigree.build.plan import Files, Product, Role, Step, Tool, settings
from pedigree.build.worker import read_worker
from pedigree.step.digests import sha256_bytes
from pedigree.step.record import Record
from pedigree.step.record import Tool as RecordedTool


def test_the_words_of_a_tool_are_the_error() -> None:
    talk = "loading\nerror: the loss is NaN\n  after update 3\nhint: lower the rate\n"
    error = sandbox.failure("target 'models/fw:sft'", "pedigree.training.sft", 1, talk)
    assert str(error) == "target 'models/fw:sft': the loss is NaN\n  after update 3\nhint: lower the rate"


def test_a_crash_shows_its_last_lines_without_the_sandbox() -> None:
    talk = (
        'Traceback (most recent call last):\n  File "/home/x/.cache/pex_root/pex", line 1, in <module>\n    boot()\n'
        '  File "/tmp/pants-sandbox-abc/src/python/pedigree/training/sft.py", line 3, in main\n    x\nKeyError: 1\n'
    )
    text = str(sandbox.failure("target 'models/fw:sft'", "pedigree.training.sft", 1, talk))
    assert 'File "src/python/pedigree/training/sft.py", line 3' in text
    assert "pex_root" not in text and "pants-sandbox" not in text


def test_a_killed_tool_is_no_verdict_of_its_own() -> None:
    text = str(sandbox.failure("target 'models/fw:sft'", "pedigree.training.sft", -9, "error: half a line"))
    assert "ended with exit code -9" in text


SHA = {number: sha256_bytes(b"%d" % number).encode() for number in (1, 2)}
ODD = ("inputs/a b", "inputs/ c", "inputs/*d", "inputs/e\\f", "inputs/g\nh", "inputs/i\r", "inputs/\u00e4'\"$(j)")


def lay_out(directory: Path) -> bytes:
    """Some inputs, and the list that they are held against."""
    (directory / "inputs").mkdir(exist_ok=True)
    for name in ODD:
        (directory / name).write_bytes(b"1")
    content = sandbox.checksums(dict.fromkeys(ODD, sha256_bytes(b"1")))
    (directory / sandbox.CHECKSUMS).write_bytes(content)
    return content


def run(directory: Path, gate: bool, code: int) -> int:
    """Run the wrapper with a tool that ends with this exit code."""
    tool = (sys.executable, "-c", f"raise SystemExit({code})")
    environment = {"PATH": "/usr/bin:/bin"}
    return subprocess.run(
        sandbox.wrapped(tool, gate, lay_out(directory)), cwd=directory, env=environment, check=False
    ).returncode


def test_a_gate_that_fails_is_a_result_and_a_crash_is_not(tmp_path: Path) -> None:
    assert run(tmp_path, gate=True, code=3) == 0
    assert (tmp_path / sandbox.VERDICT).exists()


def test_a_crash_of_a_judge_is_a_crash(tmp_path: Path) -> None:
    assert run(tmp_path, gate=True, code=1) == 1
    assert run(tmp_path, gate=True, code=0) == 0
    assert not (tmp_path / sandbox.VERDICT).exists()


def swap_in_the_list(root: Path) -> None:
    """Another input, and a list that agrees with it."""
    (root / "inputs/a b").write_bytes(b"2")
    listed = (root / sandbox.CHECKSUMS).read_bytes()
    mine = listed.replace(b"%s  inputs/a b" % SHA[1], b"%s  inputs/a b" % SHA[2])
    assert mine != listed
    (root / sandbox.CHECKSUMS).write_bytes(mine)


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (lambda root: (root / "inputs/a b").write_bytes(b"2"), "inputs/a b"),
        (lambda root: (root / "inputs/a b").unlink(), "inputs/a b"),
        (swap_in_the_list, sandbox.CHECKSUMS),
    ],
)
def test_nothing_runs_on_an_input_that_a_disk_has_changed(
    tmp_path: Path, spoil: Callable[[Path], object], named: str
) -> None:
    listed = lay_out(tmp_path)
    spoil(tmp_path)
    tool = (sys.executable, "-c", "open('ran', 'w')")
    every = (sandbox.wrapped(tool, False, listed), sandbox.wrapped(tool, True, listed), sandbox.checked(tool, listed))
    for argv in every:
        environment = {"PATH": "/usr/bin:/bin"}
        done = subprocess.run(argv, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 1 and not (tmp_path / "ran").exists()
        error = sandbox.failure("target 'models/fw:sft'", "pedigree.training.sft", done.returncode, done.stderr)
        assert "target 'models/fw:sft': a file in the cache of Pants is not what its digest says" in str(error)
        assert named in str(error) and "hint: remove its store" in str(error)


def test_exit_code_3_of_a_step_without_gates_is_a_failure(tmp_path: Path) -> None:
    assert run(tmp_path, gate=False, code=3) == 3


def test_the_record_can_be_read_back_and_names_no_machine() -> None:
    step = Step(
        "models/fw:sft",
        "finetune",
        Tool("pedigree.training.sft", "ml"),
        settings({"seed": 17}),
        (Role("base", Product("models/base/tiny")), Role("hyperparameters", Files(("models/fw/s.yaml",), "models/fw"))),
        ("training.json",),
    )
    versions, digest = {"torch": "2.13.0"}, "1" * 64
    tool = RecordedTool("pedigree.training.sft", "ml", "ml.lock", "0" * 64, versions, "4" * 64, "Python 3.11.2", digest)
    here = evidence.Run(tool, sandbox.ENVIRONMENT)
    raw = evidence.record(step, here, {"src/python/a.py": "2" * 64}, {"training.json": "3" * 64})
    record = Record.from_json(json.loads(raw))
    assert record.builder == "workstation" and record.reproducibility == "bitwise"
    assert record.command == ("python3.11", "./env.pex", "-m", "pedigree.training.sft", ".")
    assert record.inputs["base"].step == "models.base.tiny"
    assert record.inputs["hyperparameters"].prefix == "models/fw"
    assert b"/root" not in raw and b"/home" not in raw and b"/tmp" not in raw


def test_a_step_reaches_no_server_on_this_machine(tmp_path: Path) -> None:
    environment = {"PATH": "/usr/bin:/bin"}
    cut = ["unshare", "--user", "--map-root-user", "--net", "true"]
    if subprocess.run(cut, env=environment, capture_output=True, check=False).returncode:
        pytest.skip("this kernel does not let a user cut the network")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = f"import socket; socket.create_connection(('127.0.0.1', {port}), 2)"
        assert subprocess.run((sys.executable, "-c", code), cwd=tmp_path, check=False).returncode == 0
        argv = sandbox.wrapped((sys.executable, "-c", code), False, lay_out(tmp_path))
        done = subprocess.run(argv, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert "Network is unreachable" in done.stderr or "Connection refused" in done.stderr


def test_a_step_does_not_find_the_signing_keys(tmp_path: Path) -> None:
    apart = ["unshare", "--user", "--map-root-user", "--net", "--mount", "true"]
    if subprocess.run(apart, capture_output=True, check=False).returncode != 0:
        pytest.skip("this kernel does not let a user hide a folder")
    key = tmp_path / "home/.config/pedigree/keys/developer.pem"
    key.parent.mkdir(parents=True)
    key.write_text("secret")
    commands = tmp_path / "bin"
    commands.mkdir()
    (commands / "getent").write_text(f"#!/bin/sh\necho 'user:x:0:0::{tmp_path}/home:/bin/sh'\n")
    (commands / "getent").chmod(0o755)
    environment = {"PATH": f"{commands}:/usr/bin:/bin"}
    listed = lay_out(tmp_path)
    for gate in (False, True):
        argv = sandbox.wrapped(("/bin/cat", str(key)), gate, listed)
        done = subprocess.run(argv, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode != 0 and "secret" not in done.stdout
    assert key.read_text() == "secret"


def as_worker(directory: Path, path: Path, accelerator: str = "", code: int = 0, gate: bool = False) -> tuple[int, str]:
    """Run the command for another machine, whose programs are those of `path`; exit code and talk."""
    tool = ("python3.11", "-c", f"raise SystemExit({code})")
    argv = sandbox.wrapped_on_worker(tool, gate, lay_out(directory), accelerator)
    environment = {"PATH": f"{path}:/usr/bin:/bin"}
    done = subprocess.run(argv, cwd=directory, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def programs(directory: Path, **scripts: str) -> Path:
    """A folder of programs: name, with `_` for what no name may hold -> shell script."""
    folder = directory / "programs"
    folder.mkdir()
    for name, script in scripts.items():
        path = folder / name.replace("_", "-")
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
    (folder / "python3.11").symlink_to(sys.executable)
    return folder


SMI = """case "$*" in
*--query-gpu*) echo "NVIDIA H200, 570.86.15"; echo "NVIDIA H200, 570.86.15" ;;
*) echo "| NVIDIA-SMI 570.86.15    Driver Version: 570.86.15    CUDA Version: 12.8     |" ;;
esac"""


def test_a_worker_says_what_it_is_when_the_tool_has_ended(tmp_path: Path) -> None:
    assert as_worker(tmp_path, programs(tmp_path, nvidia_smi=SMI), "nvidia") == (0, "")
    worker = read_worker((tmp_path / sandbox.WORKER).read_text(), "models/fw:sft")
    assert worker.interpreter == f"Python {sys.version.split()[0]}"
    assert worker.interpreter_sha256 == sha256_bytes(Path(sys.executable).resolve().read_bytes())
    assert worker.accelerator == {"name": "NVIDIA H200", "driver": "570.86.15", "cuda": "12.8", "count": "2"}


def test_a_worker_of_processors_alone_asks_for_no_accelerator(tmp_path: Path) -> None:
    assert as_worker(tmp_path, programs(tmp_path)) == (0, "")
    assert read_worker((tmp_path / sandbox.WORKER).read_text(), "models/fw:sft").accelerator == {}


def test_the_verdict_of_a_judge_on_a_worker_is_a_result(tmp_path: Path) -> None:
    path = programs(tmp_path)
    assert as_worker(tmp_path, path, code=3, gate=True)[0] == 0
    assert (tmp_path / sandbox.VERDICT).exists() and (tmp_path / sandbox.WORKER).exists()
    assert as_worker(tmp_path, path, code=3)[0] == 3


def test_a_worker_without_interpreter_or_accelerator_is_told_at_once(tmp_path: Path) -> None:
    broken = programs(tmp_path, nvidia_smi="echo No devices were found; exit 6")
    code, talk = as_worker(tmp_path, broken, "nvidia")
    assert code == 1 and "error: this worker has no NVIDIA GPU" in talk and "hint: schedule the pool" in talk
    argv = sandbox.wrapped_on_worker(("python3.99", "-c", ""), False, lay_out(tmp_path), "")
    environment = {"PATH": "/usr/bin:/bin"}
    done = subprocess.run(argv, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and not (tmp_path / sandbox.WORKER).exists()
    assert str(sandbox.failure("target 'm'", "t", 1, done.stderr)).startswith(
        "target 'm': this worker has no python3.99\nhint:"
    )


@pytest.mark.parametrize("text", ["", "Python 3.11.2", f"{'0' * 64} Python 3.11.2\nno such device"])
def test_a_worker_that_does_not_say_what_it_is_is_an_error(text: str) -> None:
    with pytest.raises(BuildError, match="the worker does not say what it is"):
        read_worker(text, "m")


def test_accelerators_of_two_kinds_are_an_error() -> None:
    with pytest.raises(BuildError, match="several kinds"):
        read_worker(f"{'0' * 64} Python 3.11.2\nA, 1, 2\nB, 1, 2\n", "m")


@pytest.mark.parametrize(
    "lie",
    [
        "open('worker.txt', 'w').write('lie'); os.chmod('worker.txt', 0o444)",
        "os.mkdir('worker.txt')",
        "os.symlink('elsewhere', 'worker.txt')",
    ],
)
def test_a_tool_does_not_say_what_the_worker_is(tmp_path: Path, lie: str) -> None:
    tool = ("python3.11", "-c", f"import os; {lie}")
    argv = sandbox.wrapped_on_worker(tool, False, lay_out(tmp_path), "")
    environment = {"PATH": f"{programs(tmp_path)}:/usr/bin:/bin"}
    assert subprocess.run(argv, cwd=tmp_path, env=environment, check=False).returncode == 0
    assert read_worker((tmp_path / sandbox.WORKER).read_text(), "m").interpreter.startswith("Python 3.11")
    assert not (tmp_path / "elsewhere").exists()
