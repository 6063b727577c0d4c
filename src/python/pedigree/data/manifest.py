"""What a dataset says about itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

SCHEMA = "pedigree.manifest/1"


def manifest(records: Iterable[Mapping[str, Any]], digest: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """The manifest of records whose canonical file has this sha256.

    Args:
        records: The records.
        digest: Sha256 of records.jsonl; the uid follows from it alone.
        config: Form, license, origin and sealed, as the target says them.
    """
    every = list(records)
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "uid": f"sha256:{digest}",
        "form": config["form"],
        "count": len(every),
        "license": config["license"],
        "origin": config["origin"],
        "sealed": config["sealed"],
        "templates": dict(Counter(record["template"] for record in every if "template" in record)),
    }
    if config["form"] == "review":
        document["labels"] = dict(Counter(record["label"] for record in every))
    return document
