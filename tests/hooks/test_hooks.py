"""The hooks refuse what must not be committed, and nothing else."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest


def hook(name: str, *files: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    script = Path("build-support", name).resolve()
    return subprocess.run([script, *files], cwd=cwd, capture_output=True, text=True)


def test_weights_outside_models_base_are_refused_by_name(tmp_path: Path) -> None:
    for name, size in (
        ("models/base/a.safetensors", 1_000_001),
        ("models/b c.safetensors", 1_000_001),
        ("d", 1_000_000),
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(size))
    refused = hook(
        "refuse_large_files.sh", "models/base/a.safetensors", "models/b c.safetensors", "d", "gone", cwd=tmp_path
    )
    assert refused.returncode == 1
    error, hint = refused.stderr.splitlines()
    assert error.startswith("error: models/b c.safetensors has 1000001 bytes")
    assert hint.startswith("hint: ")
    assert hook("refuse_large_files.sh", "models/base/a.safetensors", "d", cwd=tmp_path).returncode == 0


# In parts, so that the hook lets this file pass.
BEGIN, END = "-----BEGIN ", "PRIVATE KEY-----"


@pytest.mark.parametrize(
    "text",
    [
        f"{BEGIN}{END}\nMIGH",
        f"{BEGIN}EC {END}\nMHcC",
        f"{BEGIN}RSA {END}\n",
        f"{BEGIN}ENCRYPTED {END}\n",
        f"{BEGIN}OPENSSH {END}\n",
        f"{BEGIN}PGP PRIVATE KEY" + " BLOCK-----\n",
        f"key: |\n    {BEGIN}{END}\n",
        "PuTTY-User-Key-" + "File-3: ssh-ed25519",
        "AGE-SECRET-" + "KEY-1" + "Q" * 58,
        json.dumps({"kty": "EC", "crv": "P-256", "x": "x" * 43, "d": "s" * 43}),
        json.dumps({"d": "s" * 43, "kty": "OKP"}),
        f"\0binary before it\0{BEGIN}{END}",
    ],
)
def test_a_private_key_is_refused_by_name_of_its_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "README.md").write_text("a key would begin with BEGIN PRIVATE KEY")
    (tmp_path / "some file").write_text(text)
    refused = hook("refuse_private_keys.sh", "README.md", "some file", cwd=tmp_path)
    assert refused.returncode == 1
    assert refused.stderr.splitlines()[0] == "error: some file holds a private key"
    assert "hint: " in refused.stderr


def test_public_keys_and_certificates_pass(tmp_path: Path) -> None:
    (tmp_path / "a.pub").write_text(BEGIN + "PUBLIC KEY-----\nMFkw\n" + BEGIN + "CERTIFICATE-----\n")
    (tmp_path / "b.json").write_text(json.dumps({"kty": "EC", "x": "x" * 43, "y": "y" * 43}))
    passed = hook("refuse_private_keys.sh", "a.pub", "b.json", cwd=tmp_path)
    assert (passed.returncode, passed.stderr) == (0, "")
    assert hook("refuse_private_keys.sh", cwd=tmp_path).returncode == 0


def test_a_file_that_cannot_be_read_is_not_taken_for_clean(tmp_path: Path) -> None:
    assert hook("refuse_private_keys.sh", "gone", cwd=tmp_path).returncode != 0
