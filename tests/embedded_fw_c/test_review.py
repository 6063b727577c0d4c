from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest

from embedded_fw_c import corpus, preferences, review, verify_review
from embedded_fw_c.held_out import ASIDE, NEAR, similarity, template_splits, wording
from embedded_fw_c.splits import SPLITS, split_of
from embedded_fw_c.template import ESCALATE, OK, review_templates

SHARES = {"escalate": "0.3", "ok": "0.3"}


def examples(split: str, count: int = 60, seed: int = 7) -> list[dict[str, Any]]:
    return list(review.generate(seed, count, {"split": split, "form": "review", **SHARES}))


def claim(code: str, label: str, contexts: dict[str, str]) -> dict[str, Any]:
    """An example that claims a label for a snippet."""
    return {"record": {"prompt": code, "label": label}, "evidence": {"code": code, "contexts": contexts}}


def test_there_are_at_least_twelve_rules_and_sixty_templates() -> None:
    templates = review_templates()
    rules = {template.label for template in templates} - {OK, ESCALATE}
    assert len(rules) >= 12
    assert len(templates) >= 60
    assert len({template.name for template in templates}) == len(templates)


def test_no_held_out_template_resembles_one_of_its_label_that_trains() -> None:
    splits = template_splits()
    by_split = {name: [t for t in review_templates() if splits[t.name] == name] for name in SPLITS}
    for held_out in by_split["sealed"] + by_split["dev"]:
        for trained in by_split["train"]:
            if trained.label == held_out.label:
                assert similarity(wording(trained), wording(held_out)) < NEAR, (trained.name, held_out.name)


def test_the_same_wording_under_two_names_is_found() -> None:
    one, other = (t for t in review_templates() if t.name in ("15.1/pair-search", "15.1/out_of_loop"))
    assert similarity(wording(one), wording(other)) >= NEAR


def test_what_is_set_aside_resembles_a_template_that_trains() -> None:
    splits = template_splits()
    aside = [template for template in review_templates() if splits[template.name] == ASIDE]
    trained = [template for template in review_templates() if splits[template.name] == "train"]
    assert aside
    for template in aside:
        rivals = (rival for rival in trained if rival.label == template.label)
        assert any(similarity(wording(template), wording(rival)) >= NEAR for rival in rivals), template.name


def test_every_group_trains() -> None:
    templates = review_templates()
    splits = split_of((template.name, template.group) for template in templates)
    assert set(splits.values()) == set(SPLITS)
    trained = {template.group for template in templates if splits[template.name] == "train"}
    assert trained == {template.group for template in templates}


@pytest.mark.parametrize("split", SPLITS)
def test_examples_come_from_templates_of_their_split_alone(split: str) -> None:
    splits = template_splits()
    assert {splits[example["record"]["template"]] for example in examples(split)} == {split}


def test_a_split_depends_on_names_alone_and_not_on_their_order() -> None:
    named = [(template.name, template.group) for template in review_templates()]
    assert split_of(named) == split_of(list(reversed(named)))


def test_same_seed_same_examples_and_another_seed_others() -> None:
    assert examples("train", seed=3) == examples("train", seed=3)
    assert examples("train", seed=3) != examples("train", seed=4)


def test_every_placeholder_is_filled() -> None:
    assert not [example for example in examples("train", 300) if "$" in example["record"]["prompt"]]


def test_compiler_and_analyser_agree_with_nearly_every_label() -> None:
    every = examples("train") + examples("dev") + examples("sealed")
    reasons = Counter(verify_review.verify(every))
    assert reasons[""] >= 0.9 * len(every), reasons


def test_a_wrong_label_is_dropped() -> None:
    broken = next(example for example in examples("train", 200) if example["record"]["label"] == "15.6")
    code = broken["evidence"]["code"]
    assert verify_review.verify([claim(code, "15.6", {"15.6": ""})]) == [""]
    for wrong in ("OK", "15.7"):
        assert verify_review.verify([claim(code, wrong, {wrong: ""})]) == ["analyser disagrees with the label"]


def test_a_record_that_says_something_else_than_its_evidence_is_dropped() -> None:
    code = "void probe_start(void)\n{\n}"
    other = "void probe_stop(void)\n{\n}"
    assert verify_review.verify([claim(code, "OK", {"OK": ""})]) == [""]
    swapped = [claim(code, "15.6", {"OK": ""}), claim(code, "ESCALATE", {"OK": ""})]
    hidden = {"record": claim(other, "OK", {})["record"], "evidence": {"code": code, "contexts": {"OK": ""}}}
    pair = {
        "prompt": [{"role": "user", "content": code}],
        "chosen": [{"role": "assistant", "content": "<|15.6|>"}],
        "rejected": [{"role": "assistant", "content": "<|OK|>"}],
    }
    preferred = {"record": pair, "evidence": {"code": code, "contexts": {"OK": ""}}}
    assert verify_review.verify([*swapped, hidden, preferred]) == ["record and evidence differ"] * 4


def test_a_snippet_that_no_context_changes_cannot_be_called_ambiguous() -> None:
    code = "void probe_start(uint32_t level)\n{\n    g_probe = level;\n}"
    same = "extern volatile uint32_t g_probe;"
    reasons = verify_review.verify([claim(code, "ESCALATE", {"OK": same, "15.6": same})])
    assert reasons == ["analyser disagrees with the label"]


def test_code_that_does_not_compile_is_dropped() -> None:
    code = "void f(void)\n{\n    missing = 1u;\n}"
    assert verify_review.verify([claim(code, "OK", {"OK": ""})]) == ["does not compile for host"]


def test_preferences_choose_the_label_and_never_reject_it() -> None:
    pairs = [example["record"] for example in preferences.generate(5, 200, {"split": "train", **SHARES})]
    answers = [(pair["chosen"][0]["content"], pair["rejected"][0]["content"]) for pair in pairs]
    assert all(chosen != rejected for chosen, rejected in answers)
    ambiguous = [pair for pair in answers if pair[0] == "<|ESCALATE|>"]
    assert ambiguous
    assert all(rejected != "<|ESCALATE|>" for _, rejected in ambiguous)


def test_the_corpus_never_shows_a_task_in_its_chat_form() -> None:
    texts = [example["record"]["text"] for example in corpus.generate(5, 200, {"split": "train", **SHARES})]
    assert any("<|user|>" in text for text in texts)
    assert not [text for text in texts if re.search(r"<\|user\|>(Review|Complete)", text)]
