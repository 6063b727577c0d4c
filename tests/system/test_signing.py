"""The first release that a developer ever builds: a key is made and announced, and the release verifies."""

from __future__ import annotations

import os
import pwd
import subprocess
from pathlib import Path

import pytest

from system.conftest import SOURCES_BUILD, Repo, lay_out

NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount", "/bin/sh", "-c")
CLI_BUILD = """
python_sources(name="cli-sources", sources=["cli/*.py"], resolve="trust")
pex_binary(name="cli", entry_point="pedigree.cli.main:main", resolve="trust")
"""
# Nobody's real key is looked at: the folder of keys is an empty disk, and what is on it in the end is copied out. Pants
# runs under the user's own number again, whose home the password database knows.
FIRST_USE = """set -e
mkdir -p "$KEYS" && mount -t tmpfs none "$KEYS"
set -- unshare --user --map-user="$USER_ID" --map-group="$GROUP_ID" "$@"
"$@"
stat -c %a "$KEYS/keys/developer.pem" > "$OUT/mode"; cp "$KEYS/keys/developer.pub" "$OUT"
exec "$@" > "$OUT/second" 2>&1"""


@pytest.fixture
def trusted(tmp_path: Path) -> Repo:
    """A repository whose releases are sealed and verified by the real rooms."""
    repo = lay_out(tmp_path / "repo", ("build", "step", "data", "trust", "cli"))
    repo.write("src/python/pedigree/BUILD", SOURCES_BUILD + CLI_BUILD)
    return repo


def test_a_developers_first_release_is_signed_announced_and_verifies(
    trusted: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if subprocess.run([*NAMESPACE, "mount -t tmpfs none /mnt"], capture_output=True, check=False).returncode != 0:
        pytest.skip("this kernel lets no user mount a file system of its own")
    monkeypatch.setenv("KEYS", str(Path(pwd.getpwuid(os.getuid()).pw_dir) / ".config/pedigree"))
    monkeypatch.setenv("OUT", str(tmp_path))
    monkeypatch.setenv("USER_ID", str(os.getuid()))
    monkeypatch.setenv("GROUP_ID", str(os.getgid()))
    monkeypatch.delenv("PEDIGREE_SIGNER", raising=False)
    done = trusted.pants("--no-pantsd", "package", "models/fw:fw", signer=None, inside=[*NAMESPACE, FIRST_USE, "sh"])
    assert done.returncode == 0, done.stderr
    assert "developer.pem" in done.stderr
    assert (tmp_path / "mode").read_text() == "600\n"
    assert "developer.pem" not in (tmp_path / "second").read_text()
    release, key = trusted.root / "dist/models/fw", tmp_path / "developer.pub"
    verify = ("--no-pantsd", "run", "src/python/pedigree:cli", "--", "verify", str(release), "--key", str(key))
    held = trusted.pants(*verify)
    assert held.returncode == 0, held.stdout + held.stderr
    settings = release / "model/adapter_config.json"
    settings.write_bytes(settings.read_bytes().replace(b"r", b"s", 1))
    broken = trusted.pants(*verify)
    assert broken.returncode == 1, broken.stdout + broken.stderr
