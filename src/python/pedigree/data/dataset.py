"""How a dataset is written: canonical JSON lines in the order of their ids, and a manifest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pedigree.data.manifest import manifest
from pedigree.step.canonical import canonical_json
from pedigree.step.context import StepContext
from pedigree.step.digests import sha256_file


def write_dataset(step: StepContext, records: Iterable[Mapping[str, Any]]) -> None:
    """Write `records.jsonl` and `manifest.json`, the same whatever order the records came in."""
    ordered = sorted(records, key=lambda record: str(record["id"]))
    output = step.output("records.jsonl")
    with output.open("wb") as stream:
        stream.writelines(canonical_json(record) + b"\n" for record in ordered)
    document = manifest(ordered, sha256_file(output), step.config)
    step.output("manifest.json").write_bytes(canonical_json(document) + b"\n")
