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

CODE = "void halt(void)\n{\n    g_motor = 0u;\n    g_brake = 1u;\n}"
SEALED = {"id": "s1", "template": "secret", "task": "review", "prompt": f"Review:\n{CODE}", "label": "OK"}


CORPUS = {"name": "corpus", "uid": "sha256:c", "templates": ["old"]}
REMEMBERED = {"name": "models.base.a/corpus", "uid": "sha256:c", "templates": 1, "records": 0}
BASES: dict[str, list[dict[str, Any]]] = {"models.base.a": [CORPUS], "models.base.b": []}


def separate(
    root: Path, trained: Mapping[str, list[dict[str, Any]]], sealed: Sequence[Mapping[str, Any]] = (SEALED,)
) -> dict[str, Any]:
    """Run the tool on these training sets and one sealed set."""
    for name, records in {**{f"trained/{key}": rows for key, rows in trained.items()}, "sets/sealed": sealed}.items():
        directory = root / "inputs" / name
        directory.mkdir(parents=True)
        (directory / "records.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
        (directory / "manifest.json").write_text(json.dumps({"uid": f"sha256:{name}"}))
    for base, known in BASES.items():
        (root / f"inputs/bases/{base}").mkdir(parents=True)
        (root / f"inputs/bases/{base}/manifest.json").write_text(json.dumps({"trained_on": known}))
    (root / "outputs").mkdir()
    main(StepContext("evals:e", {}, root))
    document: dict[str, Any] = json.loads((root / "outputs/separation.json").read_bytes())
    return document


def messages(template: str, prompt: str) -> dict[str, Any]:
    turns = [{"role": "user", "content": prompt}, {"role": "assistant", "content": "OK"}]
    return {"id": f"m{prompt}", "template": template, "messages": turns}


def test_what_shares_nothing_is_written_down(tmp_path: Path) -> None:
    document = separate(tmp_path, {"train": [messages("open", "Review:\nint b;"), messages("open", "int c;")]})
    assert document["trained"] == [
        {"name": "train", "uid": "sha256:trained/train", "templates": 1, "records": 2},
        REMEMBERED,
    ]
    assert document["not_compared"] == ["models.base.b"]
    assert document["sealed"] == [{"name": "sealed", "uid": "sha256:sets/sealed", "templates": 1, "records": 1}]


def test_nothing_learned_shares_nothing(tmp_path: Path) -> None:
    assert separate(tmp_path, {})["trained"] == [REMEMBERED]


def test_what_a_base_model_remembers_is_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BASES, "models.base.a", [{**CORPUS, "templates": ["old", "secret"]}])
    with pytest.raises(ToolError, match=r"'models.base.a/corpus' and 'sealed' share 1 template: secret"):
        separate(tmp_path, {})


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (messages("secret", "int z;"), "'train' and 'sealed' share 1 template: secret"),
        ({**messages("open", f" Review:  {CODE} "), "id": "m1"}, "'train' and 'sealed' share 1 prompt: s1 in m1"),
        ({**messages("open", f"Look at\n{CODE}\nand tell"), "id": "m1"}, "1 prompt: s1 in m1"),
        ({"id": "m2", "messages": [{"role": "system", "content": CODE}]}, "1 prompt: s1 in m2"),
        ({"id": "m3", "messages": [{"role": "assistant", "content": CODE}]}, "1 prompt: s1 in m3"),
        ({"id": "p1", "prompt": [], "chosen": [{"role": "assistant", "content": CODE}]}, "1 prompt: s1 in p1"),
        ({"id": "t1", "text": f"{CODE}\n<|note|><|OK|>"}, "1 prompt: s1 in t1"),
        ({"id": "t1", "template": "secret", "text": "int q;"}, "1 template: secret"),
    ],
)
def test_a_shared_template_or_prompt_is_named_and_sealed_text_is_not(
    tmp_path: Path, record: dict[str, Any], words: str
) -> None:
    with pytest.raises(ToolError) as caught:
        separate(tmp_path, {"other": [messages("open", "int y;")], "train": [record]})
    assert words in str(caught.value)
    assert "g_brake" not in str(caught.value)


def test_a_long_list_is_counted(tmp_path: Path) -> None:
    many = [{**SEALED, "id": f"s{n}", "template": f"t{n}", "prompt": f"int x{n};"} for n in range(8)]
    with pytest.raises(ToolError, match=r"share 8 templates: t0, t1, t2, t3, t4 and 3 more"):
        separate(tmp_path, {"train": [messages(f"t{n}", f"int y{n};") for n in range(8)]}, many)
