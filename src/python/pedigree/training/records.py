"""Reading the datasets that a training step was given."""

from __future__ import annotations

from typing import Any

from pedigree.step.canonical import parse_json, read_json
from pedigree.step.context import StepContext
from pedigree.step.errors import ToolError


def read_records(step: StepContext, form: str) -> list[dict[str, Any]]:
    """All records of the step's datasets, dataset by dataset in the order of their names.

    Raises:
        ToolError: A dataset is sealed, is empty, or has another form than the method learns from.
    """
    records: list[dict[str, Any]] = []
    for name, directory in step.inputs("datasets").items():
        manifest = read_json(directory / "manifest.json")
        if manifest["sealed"]:
            raise ToolError(f"dataset '{name}' is sealed: training must never read it", "train on another dataset")
        if manifest["form"] != form:
            raise ToolError(
                f"dataset '{name}' has the form '{manifest['form']}', and this method learns from '{form}'",
                "name a dataset of that form, or another method",
            )
        path = directory / "records.jsonl"
        with path.open(encoding="utf-8") as lines:
            records.extend(parse_json(line, f"{name}:{number}") for number, line in enumerate(lines, 1))
    if not records:
        raise ToolError(f"'{step.target}' has no training records", "name at least one dataset with records")
    return records
