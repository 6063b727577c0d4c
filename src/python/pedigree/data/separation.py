"""Tool: proves that no training set shares a template or a prompt with a sealed set.

A judgement rests on it: an evaluation hands all that its models were trained on to this step, and cannot be made when
it fails. What differs in wording alone is not found here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pedigree.step.canonical import canonical_json, parse_json, read_json
from pedigree.step.context import StepContext
from pedigree.step.errors import ToolError
from pedigree.step.run import run_tool

SCHEMA = "pedigree.separation/1"
_SHOWN = 5


@dataclass(frozen=True)
class Content:
    """What a dataset is made of.

    Attributes:
        name: The dataset.
        uid: Digest of its records.
        templates: What its records were made from.
        prompts: Prompt, white space made alike -> id of a record that has it.
    """

    name: str
    uid: str
    templates: frozenset[str]
    prompts: Mapping[str, str]


def main(step: StepContext) -> None:
    """Compare each of `trained` with each of `sets`; write `separation.json`.

    Raises:
        ToolError: A training set and a sealed set share a template or a prompt; names them, and no sealed text.
    """
    trained = [read_content(name, directory) for name, directory in step.inputs("trained").items()]
    sealed = [read_content(name, directory) for name, directory in step.inputs("sets").items()]
    shared = [line for one in trained for other in sealed for line in overlap(one, other)]
    if shared:
        raise ToolError(
            "\n".join(["a model was trained on what it is judged by", *(f"  {line}" for line in shared)]),
            "take these records out of the training set, or judge by another set",
        )
    document = {
        "schema": SCHEMA,
        "trained": [_described(one) for one in trained],
        "sealed": [_described(one) for one in sealed],
    }
    step.output("separation.json").write_bytes(canonical_json(document) + b"\n")


def read_content(name: str, directory: Path) -> Content:
    """Read a dataset's manifest and records."""
    manifest = read_json(directory / "manifest.json")
    prompts: dict[str, str] = {}
    templates: set[str] = set()
    with (directory / "records.jsonl").open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            record = parse_json(line, f"{name}:{number}")
            templates.update([record["template"]] if "template" in record else [])
            for text in _prompts(record):
                prompts.setdefault(" ".join(text.split()), record["id"])
    return Content(name, manifest["uid"], frozenset(templates), prompts)


def overlap(trained: Content, sealed: Content) -> Iterator[str]:
    """What a training set shares with a sealed one, a line per kind."""
    if templates := sorted(trained.templates & sealed.templates):
        yield f"'{trained.name}' and '{sealed.name}' share {_listed(templates, 'template')}"
    if prompts := sorted(trained.prompts.keys() & sealed.prompts.keys()):
        ids = [f"{trained.prompts[prompt]} = {sealed.prompts[prompt]}" for prompt in prompts]
        yield f"'{trained.name}' and '{sealed.name}' share {_listed(ids, 'prompt')}"


def _prompts(record: Mapping[str, Any]) -> Iterator[str]:
    """What a model is shown: a prompt, the turns before the last answer, or a whole text."""
    shown = record.get("prompt", record.get("messages", record.get("text")))
    if isinstance(shown, list):
        yield from (turn["content"] for turn in shown if turn["role"] == "user")
    elif isinstance(shown, str):
        yield shown


def _listed(names: list[str], what: str) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{len(names)} {what}{'s' if len(names) > 1 else ''}: {', '.join(names[:_SHOWN])}{more}"


def _described(content: Content) -> dict[str, Any]:
    counts = {"templates": len(content.templates), "prompts": len(content.prompts)}
    return {"name": content.name, "uid": content.uid, **counts}


if __name__ == "__main__":
    run_tool(main)
