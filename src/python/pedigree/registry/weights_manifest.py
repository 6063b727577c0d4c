"""A weights manifest: the lock file of a model whose files are too large for a repository.

    {
      "files": [
        {
          "from": ["hf://org/name@<commit>/model.safetensors", "s3://mirror/name/model.safetensors"],
          "name": "model.safetensors",
          "sha256": "<64 hex digits>",
          "size": 4294967296
        }
      ],
      "schema": "pedigree.weights/1"
    }

Files are sorted by name. Sizes are JSON numbers: nothing signed holds them, only the digest of the manifest.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pedigree.registry.formats import file_fault
from pedigree.registry.origins import origin_fault
from pedigree.step.canonical import MalformedJson, parse_json
from pedigree.step.errors import ToolError

# The manifest of ten thousand files takes a tenth of it.
_LARGEST_MANIFEST = 1 << 25
SCHEMA = "pedigree.weights/1"
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LARGEST = 2**53 - 1  # what every JSON reader holds exactly
_KEYS = {"name", "size", "sha256", "from"}


@dataclass(frozen=True)
class WeightsFile:
    """One file of a model.

    Attributes:
        name: Path in the model's directory, with `/`.
        size: Bytes.
        sha256: Digest of the content, 64 lower-case hex digits.
        origins: URLs that it can be fetched from, the first one first.
    """

    name: str
    size: int
    sha256: str
    origins: tuple[str, ...]


@dataclass(frozen=True)
class WeightsManifest:
    """The files of a model, sorted by name."""

    files: tuple[WeightsFile, ...]


def read_weights_manifest(path: Path) -> WeightsManifest:
    """Read a manifest from a file.

    Raises:
        ToolError: The file cannot be read, or as `parse_weights_manifest`.
    """
    try:
        if path.exists() and not path.is_file():
            raise ToolError(f"{path} is not a file", "name a weights manifest")
        with path.open("rb") as stream:
            text = stream.read(_LARGEST_MANIFEST + 1)
    except OSError as error:
        raise ToolError(f"cannot read {path}: {error.strerror}", "name a weights manifest") from error
    if len(text) > _LARGEST_MANIFEST:
        raise ToolError(
            f"{path} is larger than a manifest may be: {_LARGEST_MANIFEST} bytes", "name a weights manifest"
        )
    return parse_weights_manifest(text, str(path))


def parse_weights_manifest(text: str | bytes, origin: str) -> WeightsManifest:
    """Read a manifest.

    Args:
        text: The document.
        origin: What to call it in an error.

    Raises:
        ToolError: Names everything that is wrong with it.
    """
    hint = "write it with: pedigree models lock SOURCE"
    try:
        document = parse_json(text, origin)
    except (MalformedJson, UnicodeDecodeError) as error:
        raise ToolError(str(error), hint) from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA or set(document) != {"schema", "files"}:
        raise ToolError(f"{origin} is not a {SCHEMA} document of schema and files", hint)
    faults = list(_faults(document["files"]))
    if faults:
        raise ToolError("\n".join([f"{origin} is refused", *(f"  {fault}" for fault in faults)]), hint)
    files = (WeightsFile(file["name"], file["size"], file["sha256"], tuple(file["from"])) for file in document["files"])
    return WeightsManifest(tuple(files))


def render_weights_manifest(manifest: WeightsManifest) -> bytes:
    """Write a manifest: one manifest, one byte string."""
    files = [
        {"name": file.name, "size": file.size, "sha256": file.sha256, "from": list(file.origins)}
        for file in sorted(manifest.files, key=lambda file: file.name)
    ]
    document = {"schema": SCHEMA, "files": files}
    return json.dumps(document, sort_keys=True, indent=2, ensure_ascii=False).encode() + b"\n"


def _faults(files: Any) -> Iterator[str]:
    if not isinstance(files, list) or not files:
        yield "files: is not a list of at least one file"
        return
    for index, file in enumerate(files):
        for fault in _file_faults(file):
            yield f"files[{index}]{fault}"
    names = [file["name"] for file in files if isinstance(file, dict) and isinstance(file.get("name"), str)]
    yield from _order_faults(names)


def _file_faults(file: Any) -> Iterator[str]:
    if not isinstance(file, dict) or set(file) != _KEYS:
        yield f": has not just {', '.join(sorted(_KEYS))}"
        return
    fault = file_fault(file["name"]) if isinstance(file["name"], str) else "is not a string"
    if fault:
        yield f".name {file['name']!r}: {fault}"
    if type(file["size"]) is not int or not 0 <= file["size"] <= _LARGEST:
        yield f".size {file['size']!r}: is not a number of bytes"
    if not isinstance(file["sha256"], str) or not _SHA256.fullmatch(file["sha256"]):
        yield f".sha256 {file['sha256']!r}: is not 64 lower-case hex digits"
    yield from _origin_faults(file["from"])


def _origin_faults(origins: Any) -> Iterator[str]:
    if not isinstance(origins, list) or not origins or not all(isinstance(origin, str) for origin in origins):
        yield ".from: is not a list of at least one URL"
        return
    for origin in origins:
        fault = origin_fault(origin)
        if fault:
            yield f".from {origin!r}: {fault}"


def _order_faults(names: list[str]) -> Iterator[str]:
    for before, name in zip(names, names[1:]):
        if name < before:
            yield f"files: {name!r} is not sorted by name"
    seen = set(names)
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"files: {name!r} is named twice"
    for name in sorted(seen):
        for above in (name[: place.start()] for place in re.finditer("/", name)):
            if above in seen:
                yield f"files: {above!r} is a file and a directory"
