"""What ./pants does when Pants is installed: here an install whose native client shows what it was given."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

CLIENT = """#!/bin/sh
echo "args: $*"
echo "cwd: $(pwd)"
[ -t 0 ] || cat
exec env
"""


@dataclass(frozen=True)
class Launcher:
    """A repository with the launcher in it, and a home whose cache holds an install."""

    repo: Path
    home: Path
    install: Path

    def run(
        self,
        *arguments: str,
        program: Path | None = None,
        cwd: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> str:
        """What the client printed: its arguments, its directory and its environment."""
        result = subprocess.run(
            [program or self.repo / "pants", *arguments],
            cwd=cwd or self.repo,
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.home), "PIP_CERT": "", **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert result.stderr == ""
        assert result.returncode == 0
        return result.stdout

    def option(self, name: str, **environment: str) -> str | None:
        """What the client's environment says of one variable."""
        values = [
            line.partition("=")[2]
            for line in self.run(environment=environment).splitlines()
            if line.startswith(f"{name}=")
        ]
        return values[0] if values else None


@pytest.fixture
def launcher(tmp_path: Path) -> Launcher:
    repo = tmp_path / "a repo"
    pins = repo / "3rdparty/tools"
    pins.mkdir(parents=True)
    shutil.copy("pants", repo)
    digest = hashlib.sha256()
    for name in ("pants.lock", "pex.lock", "pex.sha256"):
        (pins / name).write_text(f"{name}\n")
        digest.update((pins / name).read_bytes())
    home = tmp_path / "home"
    install = home / ".cache/pedigree" / f"pants-2.17.1-{digest.hexdigest()[:16]}"
    client = install / "venv/lib/python3.9/site-packages/pants/bin/native_client"
    client.parent.mkdir(parents=True)
    client.write_text(CLIENT)
    client.chmod(0o755)
    (install / "venv/bin").mkdir()
    (install / "venv/bin/python").symlink_to("/bin/sh")
    (install / "settings").write_text("python=/bin/sh\npythons=\"['/usr/bin']\"\n")
    return Launcher(repo, home, install)


def test_arguments_and_directory_reach_pants_as_they_are(launcher: Launcher) -> None:
    below = launcher.repo / "models"
    below.mkdir()
    printed = launcher.run("test", "a b", "::", program=Path("../pants"), cwd=below)
    assert f"args: test a b ::\ncwd: {below}\n" in printed


def test_a_symbolic_link_to_the_launcher_works(launcher: Launcher, tmp_path: Path) -> None:
    (tmp_path / "p").symlink_to("q")
    (tmp_path / "q").symlink_to(launcher.repo / "pants")
    assert "args: version" in launcher.run("version", program=tmp_path / "p")


def test_a_closed_standard_input_is_an_empty_one(launcher: Launcher) -> None:
    result = subprocess.run(
        ["bash", "-c", "./pants version <&-"],
        cwd=launcher.repo,
        env={"PATH": "/usr/bin:/bin", "HOME": str(launcher.home)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "args: version" in result.stdout
    assert result.stderr == ""


def test_another_cache_is_used_when_it_is_named(launcher: Launcher, tmp_path: Path) -> None:
    (launcher.home / ".cache").rename(tmp_path / "elsewhere")
    printed = launcher.run(environment={"XDG_CACHE_HOME": str(tmp_path / "elsewhere")})
    assert f"_PANTS_SERVER_EXE={tmp_path}/elsewhere/pedigree/" in printed


def test_without_home_the_password_database_is_asked(launcher: Launcher) -> None:
    result = subprocess.run(
        ["bash", "-c", "unset HOME; exec ./pants version"],
        cwd=launcher.repo,
        env={"PATH": "/usr/bin:/bin", "XDG_CACHE_HOME": str(launcher.home / ".cache")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"HOME={pwd.getpwuid(os.getuid()).pw_dir}\n" in result.stdout


def test_nothing_of_pip_is_invented(launcher: Launcher) -> None:
    machine = Path("/etc/pip.conf").exists() or Path("/etc/xdg/pip/pip.conf").exists()
    if machine:
        pytest.skip("this machine configures pip for everyone")
    assert launcher.option("PANTS_PYTHON_REPOS_FIND_LINKS") is None
    assert launcher.option("PANTS_PYTHON_REPOS_INDEXES") is None


def test_pips_variables_are_handed_on(launcher: Launcher) -> None:
    pip = {"PIP_CONFIG_FILE": "/dev/null", "PIP_FIND_LINKS": "/a/wheels  https://b.example/c/", "PIP_CERT": "/a/ca.pem"}
    assert launcher.option("PANTS_PYTHON_REPOS_FIND_LINKS", **pip) == '["/a/wheels","https://b.example/c/",]'
    assert launcher.option("PANTS_CA_CERTS_PATH", **pip) == "/a/ca.pem"
    pip["PIP_EXTRA_INDEX_URL"] = "https://extra.example/simple"
    assert launcher.option("PANTS_PYTHON_REPOS_INDEXES", **pip) == '+["https://extra.example/simple",]'
    pip["PIP_INDEX_URL"] = "https://mirror.example/simple"
    assert launcher.option("PANTS_PYTHON_REPOS_INDEXES", **pip) == (
        '["https://mirror.example/simple","https://extra.example/simple",]'
    )


def test_pips_configuration_is_read_as_pip_reads_it(launcher: Launcher) -> None:
    configuration = launcher.home / ".config/pip/pip.conf"
    configuration.parent.mkdir(parents=True)
    configuration.write_text(
        "[global]\n"
        "# find-links = /not/this\n"
        "find_links =\n    /a\n    # nor this\n    https://b.example/\n"
        "timeout: 60\n"
        "[install]\n"
        "index-url: https://mirror.example/simple"
    )
    assert launcher.option("PANTS_PYTHON_REPOS_FIND_LINKS") == '["/a","https://b.example/",]'
    assert launcher.option("PANTS_PYTHON_REPOS_FIND_LINKS", PIP_FIND_LINKS="/c") == '["/c",]'
    assert (launcher.option("PANTS_PYTHON_REPOS_INDEXES") or "").startswith('["https://mirror.example/simple",')


def test_what_the_user_tells_pants_wins(launcher: Launcher) -> None:
    told = {"PANTS_PYTHON_REPOS_FIND_LINKS": "[]", "PANTS_PYTHON_BOOTSTRAP_SEARCH_PATH": "['/opt/bin']"}
    for name, value in told.items():
        assert launcher.option(name, PIP_FIND_LINKS="/a", **told) == value


def test_missing_pins_are_one_error_and_one_hint(launcher: Launcher) -> None:
    (launcher.repo / "3rdparty/tools/pex.lock").unlink()
    result = subprocess.run(
        [launcher.repo / "pants"],
        env={"PATH": "/usr/bin:/bin", "HOME": str(launcher.home)},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 1
    assert result.stderr == (
        f"error: the pins of Pants are missing in {launcher.repo}/3rdparty/tools\n"
        "hint: restore them: git checkout -- 3rdparty/tools\n"
    )


def test_a_cache_that_cannot_be_made_is_one_error_and_one_hint(launcher: Launcher, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = subprocess.run(
        [launcher.repo / "pants"],
        env={"PATH": "/usr/bin:/bin", "HOME": str(launcher.home), "XDG_CACHE_HOME": str(tmp_path / "file")},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        f"error: cannot write to {tmp_path}/file/pedigree",
        "hint: name a folder that you can write in XDG_CACHE_HOME",
    ]


def refused(launcher: Launcher, *arguments: str, **environment: str) -> list[str]:
    """What it says when it does not start Pants."""
    result = subprocess.run(
        [launcher.repo / "pants", *arguments],
        cwd=launcher.repo,
        env={"PATH": "/usr/bin:/bin", "HOME": str(launcher.home), **environment},
        capture_output=True,
        text=True,
    )
    assert (result.returncode, result.stdout) == (1, "")
    return result.stderr.splitlines()


ENGINE = {"PANTS_CONFIG_FILES": "pants.remote.toml", "PEDIGREE_REMOTE": "grpcs://engine.example:443"}


def test_an_engine_that_is_told_is_none_of_the_launchers_business(launcher: Launcher) -> None:
    for token in ("", "eyJhbGciOiJ.eyJzdWIi-_~+/=="):
        assert "args: version" in launcher.run("version", environment={**ENGINE, "PEDIGREE_REMOTE_TOKEN": token})
    assert "args: version" in launcher.run("version", environment={"PEDIGREE_REMOTE": "anything"})


def test_an_engine_without_an_address_is_one_error_and_one_hint(launcher: Launcher) -> None:
    hint = "hint: export PEDIGREE_REMOTE=grpcs://HOST:PORT, or build without pants.remote.toml (docs/remote.md)"
    for address in ("", "engine.example:443", "https://engine.example", "grpcs://", "grpcs://engine.example/path"):
        told = {"PEDIGREE_REMOTE": address, "PEDIGREE_REMOTE_TOKEN": "t"}
        expected = [f"error: PEDIGREE_REMOTE is '{address}', and not the address of an engine", hint]
        assert refused(launcher, "--pants-config-files=pants.remote.toml", "version", **told) == expected
    assert refused(launcher, PANTS_CONFIG_FILES="pants.remote.toml")[0].startswith("error: PEDIGREE_REMOTE is ''")


def test_an_engine_without_a_token_is_one_error_and_one_hint(launcher: Launcher) -> None:
    assert refused(launcher, **ENGINE) == [
        "error: PEDIGREE_REMOTE_TOKEN is not set",
        "hint: export the token that the engine gave you; "
        "for an engine that asks for none, export it empty (docs/remote.md)",
    ]


@pytest.mark.parametrize("token", ["secret\nline", "secret ", "'secret'", 'sec"ret', "s\u00e9cret", "sec\\ret"])
def test_a_token_that_pants_would_show_in_an_error_does_not_reach_it(launcher: Launcher, token: str) -> None:
    told = refused(launcher, **ENGINE, PEDIGREE_REMOTE_TOKEN=token, LANG="C.UTF-8")
    assert told == [
        "error: PEDIGREE_REMOTE_TOKEN holds a character that no token has",
        "hint: look for a space, a quote or a line break around it; "
        "a token is letters, digits and any of . _ ~ + / = -",
    ]
