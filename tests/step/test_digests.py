from __future__ import annotations

import hashlib
import subprocess
from pathlib import Path

from pedigree.step.digests import directory_files, list_files, sha256_bytes, sha256_file, tree_digest


def test_sha256_of_nothing_is_the_published_one() -> None:
    # FIPS 180-4, examples: SHA-256 of the empty message.
    assert sha256_bytes(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_a_file_larger_than_a_block_has_the_digest_of_its_bytes(tmp_path: Path) -> None:
    data = bytes(range(256)) * 10_000
    (tmp_path / "weights").write_bytes(data)
    assert sha256_file(tmp_path / "weights") == hashlib.sha256(data).hexdigest()


def test_files_are_listed_by_path_without_directories(tmp_path: Path) -> None:
    (tmp_path / "b" / "empty").mkdir(parents=True)
    for name in ("b/c", "b.d", "a"):
        (tmp_path / name).write_text(name)
    assert list_files(tmp_path) == ["a", "b.d", "b/c"]


def test_a_tree_has_the_digest_of_what_sha256sum_prints(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    for name in ("b/c", "a"):
        (tmp_path / name).write_text(name)
    printed = subprocess.run(["sha256sum", "a", "b/c"], cwd=tmp_path, check=True, capture_output=True).stdout
    assert tree_digest(directory_files(tmp_path)) == sha256_bytes(printed)


def test_a_tree_changes_with_a_name_as_with_a_byte() -> None:
    files = {"a": "0" * 64, "b": "1" * 64}
    digest = tree_digest(files)
    assert digest == tree_digest(dict(reversed(files.items())))
    assert digest != tree_digest({"a": "0" * 64, "c": "1" * 64})
    assert digest != tree_digest({"a": "0" * 64, "b": "2" * 64})
    assert digest != tree_digest({"a": "1" * 64, "b": "0" * 64})
