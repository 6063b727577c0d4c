from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from pedigree.step.canonical import MalformedJson, canonical_json, parse_canonical, parse_json, read_json


def test_keys_are_sorted_and_space_is_dropped() -> None:
    assert canonical_json({"b": [1, True, None], "a": {"d": "x", "c": -2}}) == (
        b'{"a":{"c":-2,"d":"x"},"b":[1,true,null]}'
    )


def test_order_of_insertion_does_not_show() -> None:
    assert canonical_json({"a": 1, "b": 2}) == canonical_json({"b": 2, "a": 1})


def test_text_is_utf8_and_not_escaped() -> None:
    assert canonical_json("µ ≤ 3") == '"µ ≤ 3"'.encode()


def test_what_is_written_is_read_back() -> None:
    document = {"text": 'quote " and \\ and \n', "many": [[], {}, [0]], "big": 2**80}
    assert parse_json(canonical_json(document), "here") == document


@pytest.mark.parametrize(
    ("value", "where"),
    [
        (0.5, r"\$ is the float 0\.5"),
        ({"a": [1, {"b": float("nan")}]}, r"\$\.a\[1\]\.b is the float nan"),
        ({"a": {1: "x"}}, r"\$\.a has the key 1"),
        ({"a": (Path("x"),)}, r"\$\.a\[0\] is a PosixPath"),
        ({"a": b"x"}, r"\$\.a is a bytes"),
    ],
)
def test_what_two_readers_could_understand_differently_is_not_written(value: object, where: str) -> None:
    with pytest.raises(MalformedJson, match=where):
        canonical_json(value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"a": 1, "b": 2, "a": 3}', "duplicate key 'a'"),
        ('[{"a": {"b": 1, "b": 1}}]', "duplicate key 'b'"),
        ("NaN", "NaN is not JSON"),
        ('{"a": -Infinity}', "-Infinity is not JSON"),
        ("{'a': 1}", "not valid JSON"),
        ("", "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        (b'"\xff"', "not valid JSON"),
    ],
)
def test_what_is_not_strict_json_is_refused_by_name(text: str | bytes, reason: str) -> None:
    with pytest.raises(MalformedJson, match=reason) as refusal:
        parse_json(text, "models/x.json:12")
    assert str(refusal.value).startswith("models/x.json:12 ")


def test_canonical_json_is_read_back() -> None:
    document = {"text": 'quote " µ and \n', "many": [[], {}, [0, -1, True, None]], "big": 2**80}
    assert parse_canonical(canonical_json(document), "here") == document


def test_a_large_document_is_compared_piece_by_piece_to_its_last_byte() -> None:
    document = {"list": [{"µ": number, "a": []} for number in range(60_000)], "empty": {}, "none": []}
    data = canonical_json(document)
    assert len(data) > 1 << 20 and parse_canonical(data, "here") == document
    for changed in (
        data.replace(b'{"empty":{},', b'{"empty":{ },'),
        data.replace(b'"a":[],', b'"a":[ ],', 1),
        data.replace(b'"none":[]', b'"none":[],"none":[]'),
        data[:-1] + b" }",
        data + b"\n",
    ):
        assert changed != data
        with pytest.raises(MalformedJson):
            parse_canonical(changed, "here")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'{"a":1,"a":1}', "duplicate key 'a'"),
        (b'{"b":1,"a":1}', "not canonical"),
        (b'{"a": 1}', "not canonical"),
        (b'{"a":1}\n', "not canonical"),
        (b'{"a":"\\u00b5"}', "not canonical"),
        (b'{"a":"\\ud800"}', "not canonical"),
        (b'{"a":0.5}', "0.5 is a float"),
        (b'{"a":1e3}', "1e3 is a float"),
        (b'{"a":-0}', "not canonical"),
        (b'{"a":NaN}', "NaN is not JSON"),
        (b'{"a":1}{"a":1}', "not valid JSON"),
        ('{"a":"é"}'.encode("latin-1"), "not valid JSON"),
        ('{"a":1}'.encode("utf-16"), "not canonical"),
        (b"[" * 100_000, "not valid JSON"),
        (b"", "not valid JSON"),
    ],
)
def test_what_canonical_json_would_not_write_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(MalformedJson, match=reason) as refusal:
        parse_canonical(data, "models/x.json:12")
    assert str(refusal.value).startswith("models/x.json:12 ")


def test_a_value_that_holds_itself_is_refused() -> None:
    circle: list[object] = []
    circle.append(circle)
    with pytest.raises(MalformedJson, match="nested too deeply"):
        canonical_json(circle)


def test_a_file_is_named_when_it_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "step.json"
    path.write_text('{"a": 1, "a": 1}')
    with pytest.raises(MalformedJson, match=str(path)):
        read_json(path)
    path.write_text(json.dumps({"a": 1}))
    assert read_json(path) == {"a": 1}


def test_a_repeated_key_is_named_in_linear_time() -> None:
    keys = ",".join(f'"{number}":0' for number in range(300_000))
    started = time.monotonic()
    with pytest.raises(MalformedJson, match="duplicate key '7'"):
        parse_json(f'{{{keys},"7":1}}', "here")
    assert time.monotonic() - started < 10
