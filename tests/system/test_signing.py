"""Releases signed by whoever signs: a developer who has no key yet, a key under a passphrase, a key in a token."""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from system.conftest import SOURCES_BUILD, Repo, add_signers, lay_out

NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount", "/bin/sh", "-c")
CLI_BUILD = """
python_sources(
    name="cli-sources",
    sources=["cli/*.py"],
    resolve="trust",
    # It imports a command's module when the command is called, by name.
    overrides={"cli/main.py": {"dependencies": ["./cli/verify.py:../cli-sources"]}},
)
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


SECRET = "7182818284"
MODULE = Path("/usr/lib/softhsm/libsofthsm2.so")


def openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


def make_key(folder: Path) -> tuple[Path, Path]:
    """A private key in the clear, and its public key."""
    private, public = folder / "plain.pem", folder / "signer.pub"
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", str(private))
    openssl("pkey", "-in", str(private), "-pubout", "-out", str(public))
    return private, public


def package(repo: Repo, signer: str, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return repo.pants("--no-pantsd", "package", "models/fw:fw", signer=signer, variables=variables)


def require_sealed(repo: Repo, public: Path) -> None:
    """The release verifies with this key, and neither it nor Pants' log tells the secret or where it lies."""
    release = repo.root / "dist/models/fw"
    call = ("run", "src/python/pedigree:cli", "--", "verify", str(release), "--key", str(public))
    held = repo.pants("--no-pantsd", *call, signer=None)
    assert held.returncode == 0, held.stdout + held.stderr
    told = {**repo.files("dist"), **repo.files(".pants.d")}
    assert not [path for path, content in told.items() if SECRET.encode() in content]
    assert not [path for path, content in repo.files("dist").items() if b"PEDIGREE_" in content]


def test_a_key_under_a_passphrase_signs_when_the_passphrase_lies_in_a_private_file(
    trusted: Repo, tmp_path: Path
) -> None:
    plain, public = make_key(tmp_path)
    locked, secret = tmp_path / "locked.pem", tmp_path / "passphrase"
    secret.write_text(SECRET)
    openssl("pkcs8", "-topk8", "-in", str(plain), "-out", str(locked), "-passout", f"file:{secret}")
    secret.chmod(0o600)
    locked.chmod(0o600)
    alone = package(trusted, f"file:{locked}", {})
    assert alone.returncode == 1 and "no terminal to ask on for the passphrase of" in alone.stderr, alone.stderr
    done = package(trusted, f"file:{locked}", {"PEDIGREE_PASSPHRASE_FILE": str(secret)})
    assert done.returncode == 0, done.stderr
    require_sealed(trusted, public)


def test_a_key_in_a_token_signs_with_the_packages_of_the_signers(trusted: Repo, tmp_path: Path) -> None:
    if not MODULE.exists():
        pytest.skip("SoftHSM is not installed: apt-get install softhsm2")
    add_signers(trusted)
    trusted.write("src/python/pedigree/BUILD", (trusted.root / "src/python/pedigree/BUILD").read_text() + CLI_BUILD)
    plain, public = make_key(tmp_path)
    (tmp_path / "tokens").mkdir()
    (tmp_path / "softhsm2.conf").write_text(f"directories.tokendir = {tmp_path / 'tokens'}\n")
    (tmp_path / "pin").write_text(SECRET)
    (tmp_path / "pin").chmod(0o600)
    variables = {"SOFTHSM2_CONF": str(tmp_path / "softhsm2.conf"), "PYKCS11LIB": str(MODULE)}
    token = ("--token", "release", "--pin", SECRET)
    for call in (
        ("--init-token", "--free", "--label", "release", "--pin", SECRET, "--so-pin", "31415926"),
        ("--import", str(plain), *token, "--id", "09", "--label", "signer"),
    ):
        subprocess.run(["softhsm2-util", *call], env={**os.environ, **variables}, check=True, capture_output=True)
    variables["PEDIGREE_PASSPHRASE_FILE"] = str(tmp_path / "pin")
    done = package(trusted, "hsm:9?label=release", variables)
    assert done.returncode == 0, done.stderr
    require_sealed(trusted, public)
    lost = package(trusted, "hsm:9?label=lost", variables)
    assert lost.returncode == 1 and "No PKCS#11 token found for label lost" in lost.stderr, lost.stderr
