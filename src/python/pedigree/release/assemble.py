"""Tool: puts together what is delivered: the model, its evaluations and its card.

A release holds weights as safetensors and text: nothing in it runs when it is loaded.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from pedigree.registry.formats import file_fault
from pedigree.release.card import read_prose, render_card
from pedigree.step.canonical import read_json
from pedigree.step.context import StepContext
from pedigree.step.digests import list_files
from pedigree.step.errors import ToolError
from pedigree.step.run import run_tool

EVIDENCE = ("report.json", "report.html", "predictions.jsonl")
_PICKLE_START, _ZIP_START = b"\x80", b"PK\x03\x04"


def main(step: StepContext) -> None:
    """Write `model/`, `evaluation/<suite>/` and `MODEL_CARD.md`."""
    model = step.input("model") / "model"
    if not (model / "adapter_model.safetensors").is_file() and not (model / "model.safetensors").is_file():
        raise ToolError(
            f"the model of release '{step.target}' has no weights as safetensors", "release a finetune target"
        )
    for name in list_files(model):
        refuse_unsafe(model, name)
        _copy(model / name, step.output(f"model/{name}"))
    reports = {}
    for suite, directory in step.inputs("evaluations").items():
        reports[suite] = read_report(step.target, suite, directory)
        for name in EVIDENCE:
            _copy(directory / name, step.output(f"evaluation/{suite}/{name}"))
    card = render_card(
        release=str(step.config["release"]),
        base_name=str(step.config["base"]),
        prose=read_prose(step.input_file("card")),
        model=step.input("model"),
        base=step.input("base") if step.has_input("base") else None,
        datasets=step.inputs("trained"),
        reports=reports,
    )
    step.output("MODEL_CARD.md").write_text(card, encoding="utf-8")


def refuse_unsafe(model: Path, name: str) -> None:
    """Refuse a file of a model directory that could run code when it is loaded, or that knows where it was made.

    Raises:
        ToolError: No model may have a file of this name; it is a pickle, or a configuration with `auto_map` or an
            absolute path.
    """
    fault = file_fault(name)
    if fault:
        raise ToolError(f"{name!r} of the model: {fault}", _SAFE_HINT)
    path = model / name
    if _starts_like_pickle(path):
        raise ToolError(f"'{name}' of the model is a pickle, which may run when it is loaded", _SAFE_HINT)
    if path.suffix == ".safetensors":
        _require_safetensors(path, name)
    if path.suffix == ".json":
        _refuse_in_config(read_json(path), name, "$")


def read_report(release: str, suite: str, directory: Path) -> dict[str, Any]:
    """The report of an evaluation whose gates are met.

    Raises:
        ToolError: A gate is not met.
    """
    report: dict[str, Any] = read_json(directory / "report.json")
    if report.get("passed") is not True:
        raise ToolError(f"release '{release}': the evaluation '{suite}' has a gate that is not met", "see its report")
    return report


def _require_safetensors(path: Path, name: str) -> None:
    with path.open("rb") as stream:
        head = stream.read(9)
    length = int.from_bytes(head[:8], "little")
    if len(head) < 9 or head[8:9] != b"{" or length > path.stat().st_size - 8:
        raise ToolError(f"'{name}' of the model is not a safetensors file", _SAFE_HINT)


def _starts_like_pickle(path: Path) -> bool:
    with path.open("rb") as stream:
        head = stream.read(4)
    return path.suffix != ".safetensors" and (head.startswith(_PICKLE_START) or head == _ZIP_START)


def _refuse_in_config(value: Any, name: str, where: str) -> None:
    if "config" not in Path(name).name:
        return
    if isinstance(value, dict):
        if "auto_map" in value:
            raise ToolError(f"'{name}' of the model has {where}.auto_map, which loads code by name", _SAFE_HINT)
        for key, item in value.items():
            _refuse_in_config(item, name, f"{where}.{key}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _refuse_in_config(item, name, f"{where}[{index}]")
    elif isinstance(value, str) and where.endswith(("path", "_dir", "_file")) and _is_absolute(value):
        raise ToolError(
            f"'{name}' of the model holds the absolute path '{value}' at {where}", "write the name of the base"
        )


def _is_absolute(text: str) -> bool:
    return text.startswith(("/", "~", "\\\\", "file:")) or text[1:3] in (":\\", ":/")


def _copy(source: Path, target: Path) -> None:
    if not source.is_file():
        raise ToolError(f"'{source.name}' of an evaluation is missing", "build the evaluation again")
    shutil.copyfile(source, target)


_SAFE_HINT = "save weights with save_pretrained(..., safe_serialization=True), and ship nothing else that is binary"


if __name__ == "__main__":
    run_tool(main)
