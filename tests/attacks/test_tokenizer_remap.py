"""A tokenizer that gives words other ids, or texts other words: the weights are as they were, what they read is not."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from attacks.replay import found_by, require_layers, says, scan_without
from pedigree.registry.scan.report import ScanReport, scan_base
from registry.scan.models import tokenizer, write_model

Change = Callable[[dict[str, Any]], None]


def swap_two_words(document: dict[str, Any]) -> None:
    words = document["model"]["vocab"]
    words["<"], words[">"] = words[">"], words["<"]


def swap_two_merges(document: dict[str, Any]) -> None:
    document["model"]["vocab"] |= {"he": 262}
    document["model"]["merges"] = [["h", "e"], ["t", "h"], ["th", "e"]]


def make_a_special_word_plain(document: dict[str, Any]) -> None:
    document["added_tokens"][2]["special"] = False


def drop_the_splitting(document: dict[str, Any]) -> None:
    document["pre_tokenizer"]["use_regex"] = False


# What finds it beside the approved tokenizer: the probes cut the same texts with both, and see what is cut otherwise.
REMAPS: tuple[tuple[Change, tuple[str, ...]], ...] = (
    (swap_two_words, ("round-trip", "tokenizer-change")),
    (swap_two_merges, ("round-trip", "tokenizer-change")),
    (make_a_special_word_plain, ("tokenizer-change",)),
    (drop_the_splitting, ("tokenizer-change",)),
)


def remapped(change: Change) -> bytes:
    document = copy.deepcopy(tokenizer())
    change(document)
    return json.dumps(document).encode()


def scan_of(directory: Path, change: Change) -> Callable[[], ScanReport]:
    """A scan of a remapped tokenizer beside the approved one; there are embeddings for one word more."""
    approved = write_model(directory / "approved")
    config = json.dumps({"vocab_size": 263}).encode()
    model = write_model(directory / "model", {"tokenizer.json": remapped(change), "config.json": config})
    return partial(scan_base, model, approved)


@pytest.mark.parametrize(("change", "controls"), REMAPS)
def test_it_is_refused_beside_the_approved_tokenizer_and_behind_that_by_the_probes_or_gets_through(
    tmp_path: Path, change: Change, controls: tuple[str, ...]
) -> None:
    report = require_layers(scan_of(tmp_path, change), controls)
    assert found_by(report)["tokenizer-change"] == "refuse"


def test_what_was_remapped_is_named(tmp_path: Path) -> None:
    old = tokenizer()["model"]["vocab"]
    told = says(scan_of(tmp_path, swap_two_words)(), "tokenizer-change")
    assert f"'<' is {old['>']}, and was {old['<']}" in told


def test_without_an_approved_model_a_swap_is_a_vocabulary_like_any_other(tmp_path: Path) -> None:
    assert scan_base(write_model(tmp_path, {"tokenizer.json": remapped(swap_two_words)})).verdict == "pass"


def give_one_id_to_two_words(document: dict[str, Any]) -> None:
    document["model"]["vocab"]["!"] = document["model"]["vocab"]['"']


def shadow_a_word(document: dict[str, Any]) -> None:
    document["added_tokens"].append({"id": 261, "content": "a", "special": False})


def add_a_word_twice(document: dict[str, Any]) -> None:
    document["added_tokens"].append({"id": 4, "content": "<|end|>", "special": True})


def name_a_word_beyond_the_embeddings(document: dict[str, Any]) -> None:
    document["added_tokens"].append({"id": 262, "content": "<|evil|>", "special": True})


def leave_a_hole(document: dict[str, Any]) -> None:
    del document["model"]["vocab"]["the"], document["model"]["merges"][1]
    document["added_tokens"].append({"id": 261, "content": "<|x|>", "special": True})
    del document["model"]["vocab"]["th"], document["model"]["merges"][0]


def replace_words(document: dict[str, Any]) -> None:
    document["normalizer"] = {"type": "Replace", "pattern": {"String": "shall not"}, "content": "shall"}


def add_a_part_of_an_unknown_kind(document: dict[str, Any]) -> None:
    document["normalizer"] = {"type": "Sequence", "normalizers": [{"type": "Precompiled", "precompiled_charsmap": ""}]}


def merge_a_word_that_is_none(document: dict[str, Any]) -> None:
    document["model"]["merges"].append(["qq", "q"])


BOTH = ("tokenizer", "round-trip")
# What is told of it, and what finds it: the library that cuts the probes stumbles over most of it as well.
FAULTS: tuple[tuple[Change, str, tuple[str, ...]], ...] = (
    (give_one_id_to_two_words, "the id", BOTH),
    (shadow_a_word, "'a' is added as 261, but the vocabulary has it as", BOTH),
    (add_a_word_twice, "'<|end|>' has the ids 1, 4", BOTH),
    (name_a_word_beyond_the_embeddings, "has the id 262, but config.json has 262 embeddings", BOTH),
    (leave_a_hole, "1 ids below 261 have no word", BOTH),
    (replace_words, "replaces {'String': 'shall not'} by 'shall' in every text", ("tokenizer",)),
    (add_a_part_of_an_unknown_kind, "'Precompiled', which nobody here can read", BOTH),
    (merge_a_word_that_is_none, "a merge names 'qq', which is no word", BOTH),
)


@pytest.mark.parametrize(("change", "words", "controls"), FAULTS)
def test_a_vocabulary_that_is_not_one_to_one_needs_no_approved_model(
    tmp_path: Path, change: Change, words: str, controls: tuple[str, ...]
) -> None:
    look = partial(scan_base, write_model(tmp_path, {"tokenizer.json": remapped(change)}))
    assert words in says(require_layers(look, controls), "tokenizer")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("tokenizer_config.json", {"eos_token": "<|none|>"}, "'<|none|>', which tokenizer.json does not have"),
        ("tokenizer_config.json", {"eos_token": "a"}, "'a', which is not special"),
        ("tokenizer_config.json", {"added_tokens_decoder": {"1": {"content": "<|pad|>"}}}, "'<|pad|>' is 1 here and 0"),
        ("special_tokens_map.json", {"pad_token": {"content": "<|x|>"}}, "'<|x|>', which tokenizer.json does not"),
        ("added_tokens.json", {"<|end|>": 7}, "'<|end|>' is 7 here and 1"),
        ("vocab.json", {"a": 1}, "'a' is 1 here and"),
        ("generation_config.json", {"eos_token_id": [1, 999]}, "999 is the id of no token"),
        ("generation_config.json", {"eos_token_id": 5}, "which is not special"),
    ],
)
def test_a_file_beside_it_that_says_otherwise_is_found(
    tmp_path: Path, name: str, content: dict[str, Any], words: str
) -> None:
    model = write_model(tmp_path, {name: json.dumps(content).encode()})
    report = scan_base(model)
    assert words in says(report, "tokenizer") and set(found_by(report)) == {"tokenizer"}
    assert scan_without("tokenizer", model).verdict == "pass"


def test_other_merges_beside_it_are_found(tmp_path: Path) -> None:
    report = scan_base(write_model(tmp_path, {"merges.txt": b"#version: 0.2\nh e\nt h\n"}))
    assert "has 2 merges that are not the 2 of tokenizer.json" in says(report, "tokenizer")
    assert set(found_by(report)) == {"tokenizer"} and scan_without("tokenizer", tmp_path).verdict == "pass"
    assert scan_base(write_model(tmp_path, {"merges.txt": b"#version: 0.2\nt h\nth e\n"})).verdict == "pass"
