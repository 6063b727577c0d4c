"""How a dataset is written: canonical JSON lines in the order of their ids, and a manifest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from pedigree.step.canonical import canonical_json
from pedigree.step.context import StepContext
from pedigree.step.digests import sha256_bytes

MANIFEST_SCHEMA = "pedigree.manifest/1"


def write_dataset(step: StepContext, records: Sequence[Mapping[str, Any]]) -> None:
    """Write `records.jsonl` and `manifest.json` of the step's target.

    The uid is made from content alone, so that the order of sources does not show in it.
    """
    ordered = sorted(records, key=lambda record: str(record["id"]))
    lines = b"".join(canonical_json(record) + b"\n" for record in ordered)
    step.output("records.jsonl").write_bytes(lines)
    manifest = {
        "schema": MANIFEST_SCHEMA,
        "uid": f"sha256:{sha256_bytes(lines)}",
        "form": step.config["form"],
        "count": len(ordered),
        "license": step.config["license"],
        "origin": step.config["origin"],
        "sealed": step.config["sealed"],
        "templates": _counts(ordered, "template"),
        "labels": _counts(ordered, "label"),
    }
    step.output("manifest.json").write_bytes(canonical_json(manifest))


def _counts(records: Sequence[Mapping[str, Any]], field: str) -> dict[str, int]:
    return dict(sorted(Counter(str(record[field]) for record in records if field in record).items()))
