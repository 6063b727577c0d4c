"""What is loaded is what was verified, whatever happens to the store meanwhile."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import pytest

from pedigree.registry.store import Store, default_store
from pedigree.registry.verified import open_all_verified, open_verified, verified_directory
from pedigree.registry.weights_manifest import WeightsFile, WeightsManifest
from pedigree.step.errors import ToolError
from registry.small import put

CONTENT = bytes(range(256)) * 12_000  # some blocks of 1 MiB, and a part of one


def open_files() -> int:
    """How many descriptors this process has."""
    return len(os.listdir("/proc/self/fd"))


def test_a_directory_of_verified_files_is_read_by_name(tmp_path: Path) -> None:
    store = Store(tmp_path)
    files = (put(store, "config.json", b"{}"), put(store, "sub/model.safetensors", CONTENT))
    before = open_files()
    with verified_directory(store, WeightsManifest(files)) as directory:
        assert (directory / "config.json").read_bytes() == b"{}"
        assert (directory / "sub/model.safetensors").read_bytes() == CONTENT
    assert not directory.exists() and open_files() == before


def test_a_library_loads_through_the_links(tmp_path: Path) -> None:
    numpy = pytest.importorskip("numpy")
    library = pytest.importorskip("safetensors.numpy")
    store = Store(tmp_path)
    file = put(store, "model.safetensors", library.save({"a": numpy.arange(5)}))
    with verified_directory(store, WeightsManifest((file,))) as directory:
        assert library.load_file(directory / "model.safetensors")["a"].tolist() == [0, 1, 2, 3, 4]


def test_what_replaces_the_name_after_verification_is_not_loaded(tmp_path: Path) -> None:
    store = Store(tmp_path)
    file = put(store, "model.safetensors", CONTENT)
    with verified_directory(store, WeightsManifest((file,))) as directory:
        other = tmp_path / "other"
        other.write_bytes(b"evil")
        other.replace(store.object(file.sha256))
        assert (directory / "model.safetensors").read_bytes() == CONTENT
        store.object(file.sha256).unlink()
        assert (directory / "model.safetensors").read_bytes() == CONTENT


def flip(path: Path) -> None:
    content = bytearray(CONTENT)
    content[1_500_000] ^= 1
    path.write_bytes(content)


def shorten(path: Path) -> None:
    path.write_bytes(CONTENT[:-1])


def link(path: Path) -> None:
    path.rename(path.with_name("same"))
    path.symlink_to("same")


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("attack", "words"),
    [
        (flip, "have the sha256 .*, but .* is pinned"),
        (shorten, "have 3071999 bytes, but 3072000 are pinned"),
        (link, "cannot be opened: Too many levels of symbolic links"),
        (pipe, "cannot be opened: it is no plain file"),
        (directory, "cannot be opened: it is no plain file"),
    ],
)
def test_what_is_not_the_pinned_file_is_refused_and_named(tmp_path: Path, attack: object, words: str) -> None:
    assert callable(attack)
    store = Store(tmp_path)
    file = put(store, "model.safetensors", CONTENT)
    store.object(file.sha256).chmod(0o644)
    attack(store.object(file.sha256))
    before = open_files()
    with pytest.raises(ToolError, match=f"weights 'model.safetensors' {words}") as refused:
        open_verified(store, file)
    assert "pedigree models verify" in refused.value.hint and open_files() == before


def test_what_is_missing_is_named_with_the_command_that_brings_it(tmp_path: Path) -> None:
    store = Store(tmp_path)
    there = put(store, "config.json", b"{}")
    missing = [WeightsFile(f"{part}.safetensors", 4, str(part) * 64, ("file:x",)) for part in (1, 2)]
    before = open_files()
    with pytest.raises(ToolError, match="'1.safetensors' are not in the store(.|\n)*'2.safetensors'") as refused:
        open_all_verified(store, [missing[0], there, missing[1]])
    assert "pedigree models fetch" in refused.value.hint and open_files() == before


def test_an_empty_file_is_a_file(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with closing(open_verified(store, put(store, "merges.txt", b""))) as opened:
        assert opened.path.read_bytes() == b""


def test_the_store_is_where_the_environment_says_or_in_the_cache_of_pants(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PEDIGREE_MODELS", "/srv/models")
    assert default_store().root == Path("/srv/models")
    monkeypatch.delenv("PEDIGREE_MODELS")
    # Pants looks past it, and so does what Pants gives to steps.
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    monkeypatch.setenv("HOME", "/home/me")
    assert default_store().root == Path("/home/me/.cache/pants/named_caches/pedigree_models")
