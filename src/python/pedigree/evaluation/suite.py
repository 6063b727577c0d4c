"""Tool: checks that a suite is one that a model can be judged by, and writes it down as `suite.json`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pedigree.evaluation.gates import parse_gates
from pedigree.evaluation.items import Item, read_items
from pedigree.evaluation.metrics import find_metric
from pedigree.step.canonical import canonical_json, read_json
from pedigree.step.context import StepContext
from pedigree.step.digests import sha256_file
from pedigree.step.errors import ToolError
from pedigree.step.run import run_tool

SCHEMA = "pedigree.suite/1"


def main(step: StepContext) -> None:
    """Write `suite.json`: sets by content, metrics, gates."""
    sets = step.inputs("sets")
    if not sets:
        raise ToolError(f"suite '{step.target}' has no sets", "name at least one sealed dataset in 'sets'")
    described = [describe_set(name, directory) for name, directory in sets.items()]
    gates = parse_gates(step.config.get("gates", {}))
    metrics = sorted({*step.config.get("metrics", []), *(gate.metric for gate in gates)})
    _refuse_metrics_of_nothing(step.target, metrics, read_items(sets))
    document = {
        "schema": SCHEMA,
        "name": step.target,
        "sets": described,
        "metrics": metrics,
        "gates": [
            {"metric": gate.metric, "comparison": gate.comparison, "threshold": gate.threshold} for gate in gates
        ],
    }
    step.output("suite.json").write_bytes(canonical_json(document) + b"\n")


def describe_set(name: str, directory: Path) -> dict[str, Any]:
    """What a suite remembers of a set.

    Raises:
        ToolError: The set is not sealed, or its records are not those that its manifest names.
    """
    manifest = read_json(directory / "manifest.json")
    if manifest.get("sealed") is not True:
        raise ToolError(
            f"set '{name}' of the suite is not sealed", "set sealed=True on the dataset, and never train on it"
        )
    uid = f"sha256:{sha256_file(directory / 'records.jsonl')}"
    if manifest.get("uid") != uid:
        raise ToolError(f"set '{name}' holds other records than its manifest says", "build the dataset again")
    return {"name": name, "uid": uid, "form": manifest.get("form"), "count": manifest.get("count")}


def _refuse_metrics_of_nothing(target: str, metrics: list[str], items: dict[str, Item]) -> None:
    if not metrics:
        raise ToolError(f"suite '{target}' has neither metrics nor gates", "name what to measure in 'metrics'")
    tasks = {item.task for item in items.values()}
    for name in metrics:
        if find_metric(name).task not in tasks:
            raise ToolError(
                f"metric '{name}' of suite '{target}' counts {find_metric(name).task} items, and no set has any",
                "add a set of that form, or drop the metric",
            )


if __name__ == "__main__":
    run_tool(main)
