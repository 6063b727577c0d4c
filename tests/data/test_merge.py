"""Shards merge to the bytes of one snapshot."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from pedigree.data import merge, snapshot
from pedigree.step.context import StepContext
from pedigree.step.digests import directory_files
from pedigree.step.errors import ToolError

CONFIG = {"form": "text", "license": "Apache-2.0", "origin": "internal", "sealed": False}


def lines(*names: str) -> str:
    """Records with these ids."""
    return "".join(json.dumps({"id": name, "text": f"text of {name}"}) + "\n" for name in names)


def take(root: Path, files: Mapping[str, str]) -> Path:
    """The snapshot of some files."""
    (root / "inputs/records").mkdir(parents=True)
    (root / "outputs").mkdir()
    for name, content in files.items():
        (root / "inputs/records" / name).write_text(content)
    snapshot.main(StepContext("datasets:a", CONFIG, root))
    return root / "outputs"


def merged(root: Path, files: Mapping[str, str]) -> Path:
    """The merge of a snapshot of each file."""
    for name, content in files.items():
        shard = take(root / f"of-{name}", {name: content})
        shutil.copytree(shard, root / "step/inputs/shards" / f"shard.{name}")
    (root / "step/outputs").mkdir()
    merge.main(StepContext("datasets:a", CONFIG, root / "step"))
    return root / "step/outputs"


def test_shards_merge_to_the_bytes_of_one_snapshot(tmp_path: Path) -> None:
    files = {"one.jsonl": lines("d", "a"), "two.jsonl": lines("c"), "three.jsonl": lines("b", "e")}
    whole = take(tmp_path / "whole", files)
    assert directory_files(merged(tmp_path / "shards", files)) == directory_files(whole)


def test_an_id_in_two_shards_is_an_error_that_names_both(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"shard\.two\.jsonl:1 id: 'a' was taken by shard\.one\.jsonl:1"):
        merged(tmp_path, {"one.jsonl": lines("a"), "two.jsonl": lines("a", "b")})
