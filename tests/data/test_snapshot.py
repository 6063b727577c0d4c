"""Records under version control become canonical records, or are refused with file, line and field."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pedigree.data.snapshot import main
from pedigree.step.context import StepContext
from pedigree.step.digests import sha256_file
from pedigree.step.errors import ToolError

GOOD = b'{"id":"b","text":"two"}\n{"text":"\xc3\xa9ins","id":"a"}\n'


def snapshot(root: Path, content: bytes, form: str = "text") -> Path:
    """Run the tool on one file."""
    (root / "inputs/records").mkdir(parents=True, exist_ok=True)
    (root / "inputs/records/a.jsonl").write_bytes(content)
    (root / "outputs").mkdir(exist_ok=True)
    config = {"form": form, "license": "Apache-2.0", "origin": "internal", "sealed": False}
    main(StepContext("datasets:a", config, root))
    return root / "outputs"


def test_records_are_canonical_and_sorted_by_id(tmp_path: Path) -> None:
    outputs = snapshot(tmp_path, GOOD)
    expected = '{"id":"a","text":"éins"}\n{"id":"b","text":"two"}\n'
    assert (outputs / "records.jsonl").read_text(encoding="utf-8") == expected
    manifest = json.loads((outputs / "manifest.json").read_bytes())
    assert manifest["uid"] == "sha256:" + sha256_file(outputs / "records.jsonl")
    assert manifest["count"] == 2 and manifest["templates"] == {}


def test_the_order_of_lines_and_files_does_not_matter(tmp_path: Path) -> None:
    first = (snapshot(tmp_path / "x", GOOD) / "manifest.json").read_bytes()
    lines = GOOD.splitlines(keepends=True)
    (tmp_path / "y/inputs/records/deep").mkdir(parents=True)
    (tmp_path / "y/inputs/records/deep/b.jsonl").write_bytes(lines[0])
    assert (snapshot(tmp_path / "y", lines[1]) / "manifest.json").read_bytes() == first


def test_labels_and_templates_are_counted(tmp_path: Path) -> None:
    row = {"template": "t", "task": "review", "prompt": "x"}
    rows = [{**row, "id": str(n), "label": label} for n, label in enumerate(("OK", "15.6", "OK"))]
    content = "".join(json.dumps(row) + "\n" for row in rows).encode()
    manifest = json.loads((snapshot(tmp_path, content, "review") / "manifest.json").read_bytes())
    assert manifest["labels"] == {"15.6": 1, "OK": 2} and manifest["templates"] == {"t": 3}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"{", "a.jsonl:1 is not valid JSON"),
        (b"", "a.jsonl:1 is not valid JSON"),
        (b'{"id":"a","id":"b","text":"x"}', "duplicate key 'id'"),
        (b'{"id":"a","text":"\xff"}', "a.jsonl:1 is not UTF-8: byte 19 is 0xff"),
        (b'{"id":"a","text":"\\ud800"}', "half a surrogate pair"),
        (b'{"id":"a","text":NaN}', "NaN is not JSON"),
        (b'{"id":"a","text":1.5}', "a.jsonl:1 $.text is the float 1.5"),
        (b'{"id":"a","text":7}', "a.jsonl:1 text: 7 is not of type 'string'"),
        (b'{"id":"a"}', "a.jsonl:1 'text' is a required property"),
        (b'{"id":"a","text":"x","more":"y"}', "'more' was unexpected"),
        (b"[]", "a.jsonl:1 [] is not of type 'object'"),
    ],
)
def test_a_line_that_is_wrong_is_named(tmp_path: Path, line: bytes, words: str) -> None:
    with pytest.raises(ToolError) as caught:
        snapshot(tmp_path, line + b"\n")
    assert words in str(caught.value)


def test_an_id_is_used_once(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"a\.jsonl:2 id: 'a' was taken by a\.jsonl:1"):
        snapshot(tmp_path, b'{"id":"a","text":"x"}\n{"id":"a","text":"y"}\n')


def test_the_first_twenty_problems_are_shown_and_the_rest_counted(tmp_path: Path) -> None:
    with pytest.raises(ToolError) as caught:
        snapshot(tmp_path, b"{}x\n" * 1500)
    lines = str(caught.value).splitlines()
    assert lines[0] == "error: dataset 'datasets:a' holds 1,500 problems"
    assert lines[21] == "  and 1,480 more" and lines[22].startswith("hint: ")


def test_an_empty_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="holds no record"):
        snapshot(tmp_path, b"")


def test_a_nested_field_is_named(tmp_path: Path) -> None:
    line = b'{"id":"a","template":"t","messages":[{"role":"user","content":""}]}\n'
    with pytest.raises(ToolError, match=r"messages\[0\]\.content: "):
        snapshot(tmp_path, line, "messages")
