"""The script of docs/verify.md, which needs nothing but bash, openssl and GNU coreutils."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from pedigree.step.digests import list_files
from pedigree.trust.public import PublicKey
from trust.forge import link_of, resign
from trust.office import Office
from trust.published import put_in_force

KEY = "attestations/keys/signer.pub"
MOST_LINES = 10


def script() -> str:
    """What stands in the docs, as an auditor copies it."""
    docs = next(up / "docs" / "verify.md" for up in (Path.cwd(), *Path.cwd().parents) if (up / "docs").is_dir())
    (found,) = re.findall(r"```sh\n(#!/usr/bin/env bash\n.*?)```", docs.read_text(), re.DOTALL)
    return str(found)


@pytest.fixture
def check(tmp_path: Path) -> Path:
    path = tmp_path / "check.sh"
    path.write_text(script())
    return path


def run(check: Path, release: Path, key: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}
    command = ["bash", str(check), str(key)]
    return subprocess.run(command, cwd=release, env=environment, capture_output=True, text=True, check=False)


def test_what_a_person_signed_is_checked_with_the_persons_key_and_printed(tmp_path: Path) -> None:
    docs = next(up / "docs" / "verify.md" for up in (Path.cwd(), *Path.cwd().parents) if (up / "docs").is_dir())
    (found,) = re.findall(r"```sh\n(# approval\.sh.*?)```", docs.read_text(), re.DOTALL)
    (tmp_path / "approval.sh").write_text(found)
    office = Office(tmp_path)
    put_in_force(office)
    path = next(path for path in office.files if path.startswith("approvals/") and "/legal." in path)
    (tmp_path / "bundle.json").write_bytes(office.files[path])

    def checked(name: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "holder.pub").write_text(office.key(name).pem)
        command = ["bash", "approval.sh", "bundle.json", "holder.pub"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    held = checked("Lea")
    assert held.returncode == 0
    assert json.loads(held.stdout)["predicate"]["signature"]["meaning"] == "I reviewed it and approve its use"
    other = checked("Quentin")
    assert other.returncode != 0 and other.stdout == ""


def test_it_is_short_and_calls_nothing_of_ours() -> None:
    assert len([line for line in script().splitlines()[1:] if line.strip()]) <= MOST_LINES
    assert not re.search("python|pedigree|jq", script())


def test_a_release_that_holds_exits_with_0_and_prints_nothing(check: Path, pristine: Path) -> None:
    done = run(check, pristine, pristine / KEY)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_byte_flipped_in_any_file_is_found(check: Path, release: Path, pristine: Path) -> None:
    for path in list_files(release):
        data = (release / path).read_bytes()
        at = len(data) // 2
        (release / path).write_bytes(data[:at] + bytes([data[at] ^ 0x01]) + data[at + 1 :])
        assert run(check, release, pristine / KEY).returncode != 0, path
        (release / path).write_bytes(data)
    assert run(check, release, pristine / KEY).returncode == 0


def test_evidence_that_somebody_else_signed_is_named(check: Path, release: Path, foreign: Path, pristine: Path) -> None:
    for path in ("attestations/root.layout", "attestations/models.demo.sft.provenance.sigstore.json", "model.sig"):
        data = (release / path).read_bytes()
        shutil.copyfile(foreign / path, release / path)
        done = run(check, release, pristine / KEY)
        assert done.returncode == 1 and f"{path}: not signed" in done.stderr
        (release / path).write_bytes(data)


def test_sums_that_the_delivery_link_does_not_sign_are_found(
    check: Path, release: Path, uri: str, public: PublicKey
) -> None:
    resign(link_of(release, "delivery"), uri, public, lambda link: link["products"].pop("SHA256SUMS"))
    seal = release / "attestations/delivery.sha256"
    names = [line.split()[1] for line in seal.read_text().splitlines()]
    done = subprocess.run(["sha256sum", *names], cwd=release, capture_output=True, text=True, check=True)
    seal.write_text(done.stdout)
    assert run(check, release, release / KEY).returncode != 0


@pytest.mark.parametrize("change", ["add", "remove", "link"])
def test_a_file_added_removed_or_linked_is_found(check: Path, release: Path, change: str) -> None:
    weights = release / "model" / "adapter_model.safetensors"
    if change == "add":
        (release / "model" / "added").write_text("")
    elif change == "remove":
        weights.unlink()
    else:
        (release / "model" / "added").symlink_to(weights)
    assert run(check, release, release / KEY).returncode != 0
