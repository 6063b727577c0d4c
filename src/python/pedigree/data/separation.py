"""Tool: finds what a training set shares with a sealed set: a template, or a prompt word for word.

A judgement rests on it: an evaluation hands all that its models were trained on to this step, and cannot be made when
it fails. What was worded anew is not found here, nor what a base model from elsewhere was trained on.
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
_LEAST = 40
_ABOUT = frozenset({"id", "template", "role", "task"})


@dataclass(frozen=True)
class Content:
    """What a dataset is made of.

    Attributes:
        name: The dataset.
        uid: Digest of its records.
        templates: What its records were made from.
        texts: Id of a record -> all that a model reads of it, white space made alike; empty where only the manifest is
            known.
        prompts: Id of a record -> its prompt without the instruction in its first line, white space made alike.
    """

    name: str
    uid: str
    templates: frozenset[str]
    texts: Mapping[str, str]
    prompts: Mapping[str, str]


def main(step: StepContext) -> None:
    """Compare each of `trained`, and what each of `bases` remembers, with each of `sets`; write `separation.json`.

    Raises:
        ToolError: A training set and a sealed set share a template or a prompt; names them, and no sealed text.
    """
    trained = [read_content(name, directory) for name, directory in step.inputs("trained").items()]
    sealed = [read_content(name, directory) for name, directory in step.inputs("sets").items()]
    known = {name: read_json(path / "manifest.json")["trained_on"] for name, path in step.inputs("bases").items()}
    trained += [_remembered(base, one) for base, manifests in known.items() for one in manifests]
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
        "not_compared": [base for base, manifests in known.items() if not manifests],
    }
    step.output("separation.json").write_bytes(canonical_json(document) + b"\n")


def read_content(name: str, directory: Path) -> Content:
    """Read a dataset's manifest and records."""
    manifest = read_json(directory / "manifest.json")
    texts: dict[str, str] = {}
    prompts: dict[str, str] = {}
    templates: set[str] = set()
    with (directory / "records.jsonl").open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            record = parse_json(line, f"{name}:{number}")
            templates.update([record["template"]] if "template" in record else [])
            texts[record["id"]] = " ".join(" ".join(_texts(record)).split())
            prompts[record["id"]] = _without_instruction(" ".join(_texts(record.get("prompt", ""))))
    return Content(name, manifest["uid"], frozenset(templates), texts, prompts)


def _remembered(base: str, manifest: Mapping[str, Any]) -> Content:
    """What a base model knows of a dataset that it was trained on: its templates, not its texts."""
    return Content(f"{base}/{manifest['name']}", manifest["uid"], frozenset(manifest["templates"]), {}, {})


def overlap(trained: Content, sealed: Content) -> Iterator[str]:
    """What a training set shares with a sealed one, a line per kind."""
    if templates := sorted(trained.templates & sealed.templates):
        yield f"'{trained.name}' and '{sealed.name}' share {_listed(templates, 'template')}"
    ids = [f"{key} in {reader}" for key, prompt in sealed.prompts.items() if (reader := _reader(prompt, trained))]
    if ids:
        yield f"'{trained.name}' and '{sealed.name}' share {_listed(ids, 'prompt')}"


def _reader(prompt: str, trained: Content) -> str:
    """Id of a training record in which a sealed prompt stands; empty if there is none."""
    return next((key for key, text in trained.texts.items() if prompt in text), "") if prompt else ""


def _texts(value: Any) -> Iterator[str]:
    """Every string of a record but its id and its template, however deep it lies."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for key, item in value.items() if key not in _ABOUT for text in _texts(item))
    elif isinstance(value, list):
        yield from (text for item in value for text in _texts(item))


def _without_instruction(prompt: str) -> str:
    """A prompt that begins with a line of instruction, without it, unless next to nothing would be left."""
    rest = " ".join(prompt.partition("\n")[2].split())
    return rest if len(rest) >= _LEAST else " ".join(prompt.split())


def _listed(names: list[str], what: str) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{len(names)} {what}{'s' if len(names) > 1 else ''}: {', '.join(names[:_SHOWN])}{more}"


def _described(content: Content) -> dict[str, Any]:
    counts = {"templates": len(content.templates), "records": len(content.texts)}
    return {"name": content.name, "uid": content.uid, **counts}


if __name__ == "__main__":
    run_tool(main)
