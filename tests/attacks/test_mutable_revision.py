"""A branch of a hub is moved after somebody looked: the same name, other weights tomorrow.

Found when a manifest is read: an origin must name a commit. The digest of each file would find other bytes as well;
what it cannot find is that nobody can fetch the bytes any more that were looked at.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from pedigree.registry import origins
from pedigree.registry.weights_manifest import read_weights_manifest
from pedigree.step.canonical import canonical_json
from pedigree.step.errors import ToolError

COMMIT = "0123456789abcdef0123456789abcdef01234567"
NAMES = ["main", "v1.0", "refs/pr/1", COMMIT[:12], COMMIT.upper(), f"{COMMIT}0", ""]


def manifest(path: Path, revision: str) -> Path:
    """A manifest of one file of a hub, at this revision."""
    place = f"org/name@{revision}" if revision else "org/name"
    sha256 = hashlib.sha256(b"{}").hexdigest()
    file = {"name": "config.json", "size": 2, "sha256": sha256, "from": [f"hf://{place}/config.json"]}
    path.write_bytes(canonical_json({"schema": "pedigree.weights/1", "files": [file]}))
    return path


@pytest.mark.parametrize("revision", NAMES)
def test_a_revision_that_can_move_is_found_in_the_manifest(tmp_path: Path, revision: str) -> None:
    with pytest.raises(ToolError, match="a branch or a tag moves|is not hf://ORG/NAME@COMMIT/PATH"):
        read_weights_manifest(manifest(tmp_path / "weights.json", revision))


def test_a_commit_cannot_move_and_is_accepted(tmp_path: Path) -> None:
    assert read_weights_manifest(manifest(tmp_path / "weights.json", COMMIT)).files[0].name == "config.json"


@pytest.mark.parametrize("revision", NAMES)
def test_control_off_it_gets_through(tmp_path: Path, revision: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origins.HubPlace, "is_pinned", True)
    assert read_weights_manifest(manifest(tmp_path / "weights.json", revision)).files[0].name == "config.json"
