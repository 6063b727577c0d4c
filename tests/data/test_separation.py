"""What a model is judged by is not in what it learned from, or the judgement cannot be made."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from pedigree.data.separation import main
from pedigree.step.context import StepContext
from pedigree.step.errors import ToolError

SEALED = {"id": "s1", "template": "secret", "task": "review", "prompt": "Review:\nint a;", "label": "OK"}


def separate(
    root: Path, trained: Mapping[str, list[dict[str, Any]]], sealed: Sequence[Mapping[str, Any]] = (SEALED,)
) -> dict[str, Any]:
    """Run the tool on these training sets and one sealed set."""
    for name, records in {**{f"trained/{key}": rows for key, rows in trained.items()}, "sets/sealed": sealed}.items():
        directory = root / "inputs" / name
        directory.mkdir(parents=True)
        (directory / "records.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
        (directory / "manifest.json").write_text(json.dumps({"uid": f"sha256:{name}"}))
    (root / "outputs").mkdir()
    main(StepContext("evals:e", {}, root))
    document: dict[str, Any] = json.loads((root / "outputs/separation.json").read_bytes())
    return document


def messages(template: str, prompt: str) -> dict[str, Any]:
    turns = [{"role": "user", "content": prompt}, {"role": "assistant", "content": "OK"}]
    return {"id": "m1", "template": template, "messages": turns}


def test_what_shares_nothing_is_written_down(tmp_path: Path) -> None:
    document = separate(tmp_path, {"train": [messages("open", "Review:\nint b;"), messages("open", "int c;")]})
    assert document["trained"] == [{"name": "train", "uid": "sha256:trained/train", "templates": 1, "prompts": 2}]
    assert document["sealed"] == [{"name": "sealed", "uid": "sha256:sets/sealed", "templates": 1, "prompts": 1}]


def test_nothing_learned_shares_nothing(tmp_path: Path) -> None:
    assert separate(tmp_path, {})["trained"] == []


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (messages("secret", "int z;"), "'train' and 'sealed' share 1 template: secret"),
        (messages("open", " Review:  int a; "), "'train' and 'sealed' share 1 prompt: m1 = s1"),
        ({"id": "p1", "prompt": [{"role": "user", "content": "Review:\nint a;"}]}, "1 prompt: p1 = s1"),
        ({"id": "t1", "text": "Review:\nint a;"}, "1 prompt: t1 = s1"),
        ({"id": "t1", "template": "secret", "text": "int q;"}, "1 template: secret"),
    ],
)
def test_a_shared_template_or_prompt_is_named_and_sealed_text_is_not(
    tmp_path: Path, record: dict[str, Any], words: str
) -> None:
    with pytest.raises(ToolError) as caught:
        separate(tmp_path, {"other": [messages("open", "int y;")], "train": [record]})
    assert words in str(caught.value)
    assert "int a" not in str(caught.value)


def test_a_long_list_is_counted(tmp_path: Path) -> None:
    many = [{**SEALED, "id": f"s{n}", "template": f"t{n}", "prompt": f"int x{n};"} for n in range(8)]
    with pytest.raises(ToolError, match=r"share 8 templates: t0, t1, t2, t3, t4 and 3 more"):
        separate(tmp_path, {"train": [messages(f"t{n}", f"int y{n};") for n in range(8)]}, many)
