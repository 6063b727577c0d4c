"""A weights manifest means the same bytes to everyone, today and tomorrow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pedigree.registry.sizes import parse_bytes, show_bytes
from pedigree.registry.weights_manifest import (
    WeightsFile,
    WeightsManifest,
    parse_weights_manifest,
    read_weights_manifest,
    render_weights_manifest,
)
from pedigree.step.errors import ToolError

COMMIT = "0123456789abcdef0123456789abcdef01234567"
GOOD = {"name": "model.safetensors", "size": 4, "sha256": "a" * 64, "from": [f"hf://org/name@{COMMIT}/m.safetensors"]}


def parse(*files: Any, **others: Any) -> WeightsManifest:
    """Read a manifest of these files."""
    return parse_weights_manifest(json.dumps({"schema": "pedigree.weights/1", "files": list(files)} | others), "m.json")


@pytest.mark.parametrize(
    "origin",
    [
        "file:weights/model.safetensors",
        "file:///srv/models/a%20b.safetensors",
        "http://mirror:8080/model.safetensors",
        "https://mirror/model.safetensors?download=1",
        "s3://bucket/models/a b.safetensors",
        f"hf://org/name@{COMMIT}/sub/model.safetensors",
    ],
)
def test_what_is_written_is_what_is_read(origin: str) -> None:
    manifest = WeightsManifest((WeightsFile("a.json", 0, "b" * 64, (origin,)), parse(GOOD).files[0]))
    text = render_weights_manifest(manifest)
    assert parse_weights_manifest(text, "m.json") == manifest
    assert render_weights_manifest(WeightsManifest(manifest.files[::-1])) == text


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"name": "../model.safetensors"}, "leads out of the directory"),
        ({"name": "/model.safetensors"}, "leads out of the directory"),
        ({"name": "nul.safetensors"}, "is the name of a device on Windows"),
        ({"name": "a\u202e.safetensors"}, "a character that nobody sees"),
        ({"name": "a//model.safetensors"}, "is not written as plainly as it could be"),
        ({"name": "a\\model.safetensors"}, "some systems read as something else"),
        ({"name": "a\nmodel.safetensors"}, "a character that nobody sees"),
        ({"name": "a\ud800.safetensors"}, "a character that nobody sees"),
        ({"name": 7}, "is not a string"),
        *(
            ({"name": f"model{suffix}"}, "can run code")
            for suffix in (".bin", ".pt", ".pth", ".pkl", ".ckpt", ".py", "")
        ),
        ({"size": "4"}, "not a number of bytes"),
        ({"size": -1}, "not a number of bytes"),
        ({"size": True}, "not a number of bytes"),
        ({"size": 2**53}, "not a number of bytes"),
        ({"sha256": "A" * 64}, "64 lower-case hex digits"),
        ({"sha256": None}, "64 lower-case hex digits"),
        ({"from": []}, "at least one URL"),
        ({"from": "file:x"}, "at least one URL"),
        ({"from": ["hf://org/name@main/m.safetensors"]}, "a branch or a tag moves"),
        ({"from": ["hf://org/name/m.safetensors"]}, "a branch or a tag moves"),
        ({"from": [f"hf://org/name@{COMMIT}"]}, "names no file"),
        ({"from": ["hf://name@main/x"]}, "is not hf://ORG/NAME@COMMIT/PATH"),
        ({"from": ["s3://bucket"]}, "names no key"),
        ({"from": ["s3://Bucket_/x"]}, "is not s3://BUCKET/KEY"),
        ({"from": ["https://me:secret@mirror/x"]}, "a password"),
        ({"from": ["https://mirror/"]}, "does not name a file"),
        ({"from": ["https://mirror/a b"]}, "percent-encode"),
        ({"from": ["file://host/x"]}, "is not file:PATH"),
        ({"from": ["ftp://mirror/x"]}, "is not of file:, http:"),
        ({"revision": "main"}, "has not just"),
    ],
)
def test_an_entry_that_is_not_pinned_and_safe_is_refused(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(ToolError, match=words) as refused:
        parse(GOOD | changed)
    assert "hint: write it with: pedigree models lock" in str(refused.value)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("b.json", "a.json"), "'a.json' is not sorted by name"),
        (("a.json", "a.json"), "'a.json' is named twice"),
        (("a.json", "a.json/b.json"), "'a.json' is a file and a directory"),
    ],
)
def test_names_are_sorted_and_lie_beside_each_other(names: tuple[str, ...], words: str) -> None:
    with pytest.raises(ToolError, match=words):
        parse(*(GOOD | {"name": name} for name in names))


@pytest.mark.parametrize("others", [{"schema": "pedigree.weights/2"}, {"files": []}, {"files": {}}, {"signed": True}])
def test_another_document_is_no_manifest(others: dict[str, Any]) -> None:
    with pytest.raises(ToolError):
        parse(GOOD, **others)


@pytest.mark.parametrize("text", ["", "[]", '{"files":[],"files":[]}', b"\xff"])
def test_what_is_no_strict_json_is_refused(text: str | bytes) -> None:
    with pytest.raises(ToolError, match=r"m\.json"):
        parse_weights_manifest(text, "m.json")


def test_a_manifest_that_is_not_there_is_an_error_of_its_user(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="cannot read .*none.json: No such file"):
        read_weights_manifest(tmp_path / "none.json")


def test_bytes_are_read_and_shown_in_powers_of_1024() -> None:
    assert [parse_bytes(text) for text in ("1", "3K", "2G")] == [1, 3072, 2**31]
    assert [show_bytes(count) for count in (0, 1023, 1024, 4 * 2**30)] == ["0 B", "1023 B", "1.0 KiB", "4.0 GiB"]
    for text in ("", "0", "1.5M", "-1", "20MB"):
        with pytest.raises(ValueError, match="as 20M"):
            parse_bytes(text)
