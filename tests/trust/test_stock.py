"""The commands of VERIFY.md, pasted as an auditor would, against releases that were tampered with."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pedigree.step.digests import directory_files, list_files
from pedigree.trust.sums import SEAL, SUMS, sums
from trust.builder import make_read_only, make_writable, run_stock, stock_commands

IN_TOTO, SUMS_COMMAND, MODEL_SIGNING = 1, 2, 3
ADDED = (
    "model/extra.bin",
    "model/.hidden",
    "model/x.pyc",
    "model/y.link",
    "model/z~",
    "model/.git/config",
    "notes.txt",
)


def holds(pristine: Path, release: Path, tools: Path) -> bool:
    """Whether all commands that the pristine VERIFY.md names exit with 0; the quick ones are asked first."""
    key, in_toto, files, model = stock_commands(pristine / "VERIFY.md")
    return all(run_stock(command, release, tools).returncode == 0 for command in (key, files, in_toto, model))


def in_toto_holds(pristine: Path, release: Path, tools: Path) -> bool:
    return run_stock(stock_commands(pristine / "VERIFY.md")[IN_TOTO], release, tools).returncode == 0


def flips(data: bytes) -> Iterator[bytes]:
    """The data with one byte changed, at places where encodings are forgiving."""
    places = {0, len(data) // 3, len(data) // 2, len(data) - 1}
    for mark in (b'","payloadType', b'"}]', b"=", b"sig"):  # last characters of base64, padding, a key of JSON
        if (at := data.find(mark)) > 0:
            places |= {at - 1, at}
    for place in sorted(places):
        for bit in (0x01, 0x20):  # 0x20 is the case of a letter
            yield data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :]


def test_every_command_exits_with_0_and_leaves_the_release_as_it_was(release: Path, tools: Path) -> None:
    before = directory_files(release)
    for _ in range(2):
        for command in stock_commands(release / "VERIFY.md"):
            result = run_stock(command, release, tools)
            assert result.returncode == 0, (command, result.stdout, result.stderr)
    assert directory_files(release) == before


def test_the_packages_that_an_auditor_installs_are_those_that_ci_verifies_with(release: Path) -> None:
    line = next(line for line in (release / "VERIFY.md").read_text().splitlines() if line.startswith("pip install "))
    lock = Path("3rdparty/tools/auditor.lock").read_text()
    for package in line.removeprefix("pip install ").split():
        name, _, version = package.partition("==")
        assert f"\n{name.lower()}=={version}" in f"\n{lock}", package


def test_a_read_only_release_can_be_verified(release: Path, tools: Path) -> None:
    make_read_only(release)
    try:
        assert holds(release, release, tools)
    finally:
        make_writable(release)


def test_in_toto_verify_also_holds_in_the_release_itself_and_twice(release: Path, tools: Path) -> None:
    command = (
        "in-toto-verify --layout attestations/root.layout --verification-keys attestations/keys/signer.pub "
        "--link-dir attestations/links"
    )
    for _ in range(2):
        assert run_stock(command, release, tools).returncode == 0


def test_one_byte_flipped_in_any_file_is_found(pristine: Path, release: Path, tools: Path) -> None:
    survivors = []
    for path in list_files(release):
        data = (release / path).read_bytes()
        for changed in flips(data):
            (release / path).write_bytes(changed)
            if holds(pristine, release, tools):
                survivors.append((path, changed))
        (release / path).write_bytes(data)
    assert survivors == []
    assert holds(pristine, release, tools)


def test_one_byte_flipped_is_found_by_in_toto_alone_but_for_the_link_and_the_seal_that_close_the_release(
    pristine: Path, release: Path, tools: Path
) -> None:
    survivors = []
    for path in list_files(release):
        data = (release / path).read_bytes()
        (release / path).write_bytes(bytes([data[0] ^ 1]) + data[1:])
        if in_toto_holds(pristine, release, tools):
            survivors.append(path)
        (release / path).write_bytes(data)
    assert survivors == [SEAL]


def test_any_file_removed_is_found(pristine: Path, release: Path, tools: Path) -> None:
    for path in list_files(release):
        data = (release / path).read_bytes()
        (release / path).unlink()
        assert not holds(pristine, release, tools), path
        (release / path).write_bytes(data)


@pytest.mark.parametrize("path", ADDED)
def test_a_file_added_is_found(pristine: Path, release: Path, tools: Path, path: str) -> None:
    (release / path).parent.mkdir(parents=True, exist_ok=True)
    (release / path).write_bytes(b"")
    assert not holds(pristine, release, tools)


@pytest.mark.parametrize("name", ["-t", "--text", "-", "--"])
def test_the_sums_find_a_file_that_is_named_like_an_option(release: Path, tools: Path, name: str) -> None:
    (release / name).write_bytes(b"")
    assert run_stock(stock_commands(release / "VERIFY.md")[SUMS_COMMAND], release, tools).returncode != 0


def test_a_link_to_a_directory_added_is_found(pristine: Path, release: Path, tools: Path) -> None:
    (release / "model" / "elsewhere").symlink_to("/tmp")
    assert not holds(pristine, release, tools)


def test_a_link_in_the_place_of_a_file_is_found(pristine: Path, release: Path, tools: Path) -> None:
    weights = release / "model" / "adapter_model.safetensors"
    elsewhere = release.parent / "elsewhere"
    weights.rename(elsewhere)
    weights.symlink_to(elsewhere)
    commands = stock_commands(pristine / "VERIFY.md")
    assert run_stock(commands[SUMS_COMMAND], release, tools).returncode != 0
    assert run_stock(commands[MODEL_SIGNING], release, tools).returncode != 0


@pytest.mark.parametrize("path", ["model/extra.bin", "model/deeper/extra.bin"])
def test_in_toto_alone_finds_an_added_file(pristine: Path, release: Path, tools: Path, path: str) -> None:
    (release / path).parent.mkdir(parents=True, exist_ok=True)
    (release / path).write_bytes(b"")
    assert not in_toto_holds(pristine, release, tools)


@pytest.mark.parametrize("change", ["flip", "remove", "add"])
def test_model_signing_alone_finds_a_changed_model(release: Path, tools: Path, change: str) -> None:
    weights = release / "model" / "adapter_model.safetensors"
    if change == "flip":
        weights.write_bytes(b"W" + weights.read_bytes()[1:])
    elif change == "remove":
        weights.unlink()
    else:
        (release / "model" / "extra.bin").write_bytes(b"")
    assert run_stock(stock_commands(release / "VERIFY.md")[MODEL_SIGNING], release, tools).returncode != 0


def test_any_piece_of_evidence_of_another_build_is_found(
    pristine: Path, another: Path, release: Path, tools: Path
) -> None:
    swapped = 0
    for path in list_files(another):
        theirs, data = (another / path).read_bytes(), (release / path).read_bytes()
        if theirs != data:
            (release / path).write_bytes(theirs)
            assert not holds(pristine, release, tools), path
            (release / path).write_bytes(data)
            swapped += 1
    assert swapped >= 20


def test_any_piece_of_evidence_of_another_key_is_found(
    pristine: Path, foreign: Path, release: Path, tools: Path
) -> None:
    for path in list_files(foreign):
        data = (release / path).read_bytes() if (release / path).exists() else None
        theirs = (foreign / path).read_bytes()
        if theirs != data:
            (release / path).write_bytes(theirs)
            assert not holds(pristine, release, tools), path
            (release / path).unlink()
            if data is not None:
                (release / path).write_bytes(data)


def test_a_link_replayed_from_another_build_is_refused_by_in_toto_itself(
    pristine: Path, another: Path, release: Path, tools: Path
) -> None:
    links = "attestations/links"
    # The dataset's generator did not change between the builds, so that only the pin tells the two links apart.
    name = next(path.name for path in (release / links).iterdir() if path.name.startswith("datasets.demo.heldout."))
    assert (release / links / name).read_bytes() != (another / links / name).read_bytes()
    shutil.copyfile(another / links / name, release / links / name)
    _recompute_sums(release)
    assert not in_toto_holds(pristine, release, tools)


def test_the_layout_of_another_build_is_refused_by_in_toto_itself(
    pristine: Path, another: Path, release: Path, tools: Path
) -> None:
    shutil.copyfile(another / "attestations/root.layout", release / "attestations/root.layout")
    _recompute_sums(release)
    assert not in_toto_holds(pristine, release, tools)


def test_all_links_of_another_build_are_refused_under_this_layout(
    pristine: Path, another: Path, tmp_path: Path, tools: Path
) -> None:
    release = Path(shutil.copytree(another, tmp_path / "release"))
    shutil.copyfile(pristine / "attestations/root.layout", release / "attestations/root.layout")
    _recompute_sums(release)
    assert not in_toto_holds(pristine, release, tools)


def test_a_release_that_somebody_else_sealed_is_refused_with_the_key_that_is_known(
    pristine: Path, foreign: Path, tools: Path, tmp_path: Path
) -> None:
    key = tmp_path / "known.pub"
    shutil.copyfile(pristine / "attestations/keys/signer.pub", key)
    for number, command in enumerate(stock_commands(foreign / "VERIFY.md")):
        known = command.replace("attestations/keys/signer.pub", os.fspath(key))
        if "signer.pub" in command:
            assert run_stock(known, foreign, tools).returncode != 0, number


def _recompute_sums(release: Path) -> None:
    """What an attacker without the key can do about the sums."""
    delivery = next(path for path in list_files(release) if path.startswith("attestations/links/delivery."))
    files = {path: sha for path, sha in directory_files(release).items() if path not in (SUMS, SEAL, delivery)}
    (release / SUMS).write_bytes(sums(files))
