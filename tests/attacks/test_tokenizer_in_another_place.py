"""A tokenizer that loaders take instead of the one that was looked at, or one that tells the model another text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from attacks.replay import found_by, says, scan_without
from pedigree.registry.scan.report import scan_base
from registry.scan.models import byte_words, tokenizer, write_model

IDS = tokenizer()["model"]["vocab"]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"tokenizer_config.json": {"fast_tokenizer_files": ["other.json"]}}, "$.fast_tokenizer_files: has loaders"),
        ({"tokenizer_config.json": {"tokenizer_file": "other.json"}}, "$.tokenizer_file: has loaders take another"),
        ({"tokenizer_config.json": {"vocab_file": "v.json"}}, "$.vocab_file: has loaders take another"),
        ({"tokenizer_config.json": {"merges_file": "m.txt"}}, "$.merges_file: has loaders take another"),
        ({"tokenizer.4.0.0.json": tokenizer()}, "tokenizer.4.0.0.json: is a tokenizer besides tokenizer.json"),
        ({"tokenizer/tokenizer.json": tokenizer()}, "tokenizer/tokenizer.json: is a tokenizer besides"),
        ({"vocab.json": {"a": 1, "b": 1}, "tokenizer.json": None}, "vocab.json: is a vocabulary without"),
        ({"below/vocab.json": {"a": 1}}, "below/vocab.json: is a vocabulary without"),
    ],
)
def test_another_tokenizer_is_refused(tmp_path: Path, files: dict[str, Any], words: str) -> None:
    written = {name: None if content is None else json.dumps(content).encode() for name, content in files.items()}
    model = write_model(tmp_path, written)
    report = scan_base(model)
    assert words in says(report, "tokenizer") and found_by(report) == {"tokenizer": "refuse"}
    assert scan_without("tokenizer", model).verdict == "pass"


def test_a_list_of_words_must_be_that_of_the_tokenizer(tmp_path: Path) -> None:
    words = sorted(IDS, key=lambda word: IDS[word])
    good = write_model(tmp_path / "good", {"vocab.txt": "".join(f"{word}\n" for word in words).encode()})
    assert scan_base(good).verdict == "pass"
    words[5], words[6] = words[6], words[5]
    bad = write_model(tmp_path / "bad", {"vocab.txt": "".join(f"{word}\n" for word in words).encode()})
    assert f"{words[5]!r} is 5 here and 6 in tokenizer.json" in says(scan_base(bad), "tokenizer")


SPLIT = {"type": "Split", "pattern": {"String": "not "}, "behavior": "Removed", "invert": False}
AROUND = {"id": "<|user|>", "ids": [IDS["E"]], "tokens": ["E"]}
TEMPLATE = {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<|user|>", "type_id": 0}}], "pair": []}


def before(part: dict[str, Any]) -> dict[str, Any]:
    return {"pre_tokenizer": {"type": "Sequence", "pretokenizers": [part, tokenizer()["pre_tokenizer"]]}}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (before(SPLIT), "drops what matches {'String': 'not '} from every text"),
        (before({"type": "Punctuation", "behavior": "Removed"}), "drops what matches 'Punctuation'"),
        (before({"type": "CharDelimiterSplit", "delimiter": "n"}), "'CharDelimiterSplit', which nobody here can read"),
        ({"post_processor": {**TEMPLATE, "special_tokens": {"<|user|>": AROUND}}}, "calls it '<|user|>'"),
        ({"post_processor": {"type": "BertProcessing", "cls": ["<|pad|>", 0], "sep": ["<|end|>", 40]}}, "puts 40 "),
        (
            {"truncation": {"max_length": 9, "direction": "Right", "strategy": "LongestFirst", "stride": 0}},
            "truncation",
        ),
        ({"padding": {"pad_id": 5, "strategy": {"Fixed": 9}}}, "$.padding: has"),
        ({"model": {**tokenizer()["model"], "dropout": 0.5}}, "$.model.dropout: has 0.5"),
    ],
)
def test_what_tells_the_model_another_text_is_refused(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    changed = json.dumps({**tokenizer(), **changes}).encode()
    report = scan_base(write_model(tmp_path, {"tokenizer.json": changed}))
    assert found_by(report)["tokenizer"] == "refuse" and words in says(report, "tokenizer")


def test_words_that_are_put_around_by_their_own_ids_pass(tmp_path: Path) -> None:
    special = {"id": "<|user|>", "ids": [IDS["<|user|>"]], "tokens": ["<|user|>"]}
    single = [*TEMPLATE["single"], {"Sequence": {"id": "A", "type_id": 0}}]
    processor = {**TEMPLATE, "single": single, "pair": single, "special_tokens": {"<|user|>": special}}
    changed = json.dumps({**tokenizer(), "post_processor": processor}).encode()
    report = scan_base(write_model(tmp_path, {"tokenizer.json": changed}))
    assert "tokenizer" not in found_by(report)


def unigram(step: float) -> dict[str, Any]:
    words = [[word, -step * place] for place, word in enumerate([*sorted(byte_words()), "th"])]
    return {**tokenizer(), "added_tokens": [], "model": {"type": "Unigram", "unk_id": 0, "vocab": words}}


@pytest.mark.parametrize(
    ("now", "approved", "words"),
    [
        ({**tokenizer(), "model": {**tokenizer()["model"], "ignore_merges": True}}, tokenizer(), "ignore_merges: is"),
        (
            {**tokenizer(), "added_tokens": [{**token, "lstrip": True} for token in tokenizer()["added_tokens"]]},
            tokenizer(),
            "'<|pad|>'.lstrip: is True, and was False",
        ),
        (unigram(1.0), unigram(0.5), "has the score -1.0, and had -0.5"),
    ],
)
def test_all_of_it_is_held_against_the_approved_tokenizer(
    tmp_path: Path, now: dict[str, Any], approved: dict[str, Any], words: str
) -> None:
    other = write_model(tmp_path / "approved", {"tokenizer.json": json.dumps(approved).encode()})
    model = write_model(tmp_path / "model", {"tokenizer.json": json.dumps(now).encode()})
    report = scan_base(model, other)
    assert found_by(report)["tokenizer-change"] == "refuse" and words in says(report, "tokenizer-change")


def test_another_order_of_the_vocabulary_is_the_same_tokenizer(tmp_path: Path) -> None:
    document = tokenizer()
    document["model"]["vocab"] = dict(reversed(document["model"]["vocab"].items()))
    approved = write_model(tmp_path / "approved")
    model = write_model(tmp_path / "model", {"tokenizer.json": json.dumps(document).encode()})
    assert scan_base(model, approved).verdict == "pass"
