"""A run that is killed in the middle of a training loses nothing, and the next one gives the same bytes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
import uuid
from pathlib import Path

from system.conftest import LAUNCHER, Repo


def slow() -> str:
    """Hyperparameters that take a while, and that no cache knows."""
    return f"rate: '{uuid.uuid4()}'\nwait: '6'\n"


def start(repo: Repo) -> subprocess.Popen[str]:
    """Start `package` in a process group of its own, and wait until the slow training runs."""
    environment = {**os.environ, "PEDIGREE_SIGNER": "file:one", "PANTS_CONCURRENT": "False"}
    process = subprocess.Popen(
        [LAUNCHER, "--no-dynamic-ui", "--no-colors", "package", "models/fw"],
        cwd=repo.root,
        env=environment,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "Starting: finetune models/fw:sft" in line:
            time.sleep(1)
            return process
    raise AssertionError("the training never started")


def kill_everything(repo: Repo, process: subprocess.Popen[str]) -> None:
    """Kill the client and the daemon, neither of which can do anything about it."""
    os.killpg(process.pid, signal.SIGKILL)
    for file in repo.root.glob(".pids/**/pantsd/pid"):
        os.kill(int(file.read_text()), signal.SIGKILL)
    process.wait()
    time.sleep(1)


def undisturbed(repo: Repo, place: Path) -> dict[str, bytes]:
    """The release of a run that nobody disturbed, and that takes no result of another."""
    shutil.rmtree(repo.root / "dist")
    done = repo.pants("--no-pantsd", f"--local-store-dir={place}/store", "package", "models/fw")
    assert done.returncode == 0, done.stderr
    assert "Starting: finetune models/fw:sft" in done.stderr
    return repo.files("dist/models/fw")


def test_kill_9_in_mid_training_leaves_the_last_release_and_the_next_run_completes(repo: Repo, tmp_path: Path) -> None:
    assert repo.pants("package", "models/fw").returncode == 0
    before = repo.files("dist/models/fw")
    repo.write("models/fw/sft.yaml", slow())
    kill_everything(repo, start(repo))
    assert repo.files("dist/models/fw") == before
    assert [path.name for path in (repo.root / "dist/models").iterdir()] == ["fw"]
    done = repo.pants("package", "models/fw")
    assert done.returncode == 0, done.stderr
    assert repo.files("dist/models/fw") == undisturbed(repo, tmp_path) != before


def test_ctrl_c_in_mid_training_leaves_the_last_release_and_the_next_run_completes(repo: Repo, tmp_path: Path) -> None:
    assert repo.pants("package", "models/fw").returncode == 0
    before = repo.files("dist/models/fw")
    repo.write("models/fw/sft.yaml", slow())
    process = start(repo)
    os.killpg(process.pid, signal.SIGINT)
    process.wait(timeout=60)
    assert process.returncode != 0
    assert repo.files("dist/models/fw") == before
    assert repo.pants("package", "models/fw").returncode == 0
    assert repo.files("dist/models/fw") == undisturbed(repo, tmp_path) != before
