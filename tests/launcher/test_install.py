"""Installs of Pants as they happen on a machine: real, cut short, twice at once, without Python, without room."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

# As little of Pants as there can be, because these tests are about its install.
CONFIGURATION = """
[GLOBAL]
pants_version = "2.17.1"
pantsd = false
[anonymous-telemetry]
enabled = false
"""


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    repo = tmp_path / "repo"
    repo.mkdir()
    shutil.copy("pants", repo)
    shutil.copytree("3rdparty/tools", repo / "3rdparty/tools")
    (repo / "pants.toml").write_text(CONFIGURATION)
    return repo


def environment(cache: Path, **more: str) -> dict[str, str]:
    inherited = {
        name: value for name, value in os.environ.items() if name.startswith(("PIP_", "PYENV_")) or name == "HOME"
    }
    return {**inherited, "PATH": "/usr/local/bin:/usr/bin:/bin", "XDG_CACHE_HOME": str(cache), **more}


def start(repo: Path, cache: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        ["./pants", "version"],
        cwd=repo,
        env=environment(cache),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def installs(cache: Path) -> list[Path]:
    return [path for path in (cache / "pedigree").glob("pants-*") if path.is_dir()]


def test_an_install_that_was_killed_is_done_again_once_by_two_at_once(repo: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    victim = start(repo, cache)
    assert victim.stderr is not None
    for line in victim.stderr:
        if line.startswith("pants: fetching Pex"):  # Pants itself is there by now, and looks as if it were whole
            break
    os.killpg(victim.pid, signal.SIGKILL)
    victim.communicate()
    assert not (installs(cache)[0] / "settings").exists()

    both = (start(repo, cache), start(repo, cache))
    ends = [(*process.communicate(), process.returncode) for process in both]
    assert [(out, status) for out, _, status in ends] == [("2.17.1\n", 0)] * 2, ends
    said = sorted(err.splitlines()[0] for _, err, _ in ends)
    assert said[0].startswith("pants: installing Pants 2.17.1 once, into ")
    assert said[1] == "pants: waiting for another install to finish"
    assert len(installs(cache)) == 1
    # Somebody who tidies a cache may take a part of it.
    next(installs(cache)[0].rglob("native_client")).unlink()
    out, err = start(repo, cache).communicate()
    assert out == "2.17.1\n", err


def test_another_platform_is_one_line(repo: Path, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/uname").write_text("#!/bin/sh\n[ $1 = -s ] && echo Darwin || echo arm64\n")
    (tmp_path / "bin/uname").chmod(0o755)
    result = subprocess.run(
        ["./pants", "version"],
        cwd=repo,
        env=environment(tmp_path / "cache", PATH=f"{tmp_path}/bin:/usr/bin:/bin"),
        capture_output=True,
        text=True,
    )
    assert result.returncode == 1
    assert result.stderr.splitlines()[0] == "error: this is Darwin on arm64, and the locks are for Linux on x86_64"


def test_without_python_39_it_says_how_to_get_it(repo: Path, tmp_path: Path) -> None:
    if any(Path(folder, name).exists() for folder in ("/usr/bin", "/usr/local/bin") for name in ("python3.9", "uv")):
        pytest.skip("this machine has Python 3.9 where it is always found")
    shims = tmp_path / "shims"
    shims.mkdir()
    (shims / "python3.9").write_text("#!/bin/sh\necho 'pyenv: python3.9: command not found' >&2\nexit 127\n")
    (shims / "python3.9").chmod(0o755)
    result = subprocess.run(
        ["./pants", "version"],
        cwd=repo,
        env=environment(tmp_path / "cache", PATH=f"{shims}:/usr/bin:/bin", PYENV_ROOT=str(tmp_path / "nothing")),
        capture_output=True,
        text=True,
    )
    assert result.returncode == 1
    error, hint = result.stderr.splitlines()
    assert error == "error: Pants 2.17.1 needs Python 3.9, and none works here"
    assert "pyenv install 3.9" in hint
    assert "uv python install 3.9" in hint


def assert_full(result: subprocess.CompletedProcess[str], cache: Path) -> None:
    assert result.returncode == 1
    error, hint = [line for line in result.stderr.splitlines() if not line.startswith("pants: ")]
    assert error == f"error: no space left in {cache}/pedigree"
    assert hint.startswith("hint: free 300 MB there, or name a folder with room in XDG_CACHE_HOME")


def test_a_full_disk_is_one_error_and_what_was_written_is_given_back(repo: Path, tmp_path: Path) -> None:
    if subprocess.run(["unshare", "-Urm", "true"], capture_output=True).returncode:
        pytest.skip("a small disk cannot be mounted here")
    cache = tmp_path / "cache"
    cache.mkdir()
    script = f"mount -t tmpfs -o size=30m small '{cache}' && ./pants version; s=$?; ls '{cache}/pedigree'; exit $s"
    result = subprocess.run(
        ["unshare", "-Urm", "sh", "-c", script], cwd=repo, env=environment(cache), capture_output=True, text=True
    )
    assert_full(result, cache)
    assert [name for name in result.stdout.splitlines() if not name.endswith(".lock")] == []


def test_a_limit_on_the_size_of_files_reads_the_same(repo: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    result = subprocess.run(
        ["bash", "-c", "ulimit -f 4096 && ./pants version"],
        cwd=repo,
        env=environment(cache),
        capture_output=True,
        text=True,
    )
    assert_full(result, cache)
    assert installs(cache) == []
