"""Suites, evaluations and releases."""

from __future__ import annotations

import json

import pytest

from pedigree.build.errors import BuildError
from pedigree.build.facts import Facts
from pedigree.build.judgement import plan_eval_suite, plan_evaluation, plan_release
from pedigree.build.order import ordered, sources
from pedigree.build.plan import Files, Plan, Product, Role, Step, Tool

SET = Facts("datasets/fw:sealed", "dataset", sealed=True, form="review")
COVERAGE = "review_coverage"
SUITE = Facts("evals/fw:suite", "eval_suite", sets=("datasets/fw:sealed",))
BASE = Facts("models/base/tiny", "base_model")
MODEL = Facts("models/fw:dpo", "finetune", adapter=True, base="models/base/tiny")
TOOL = Tool("pedigree.training.sft", "ml")
CARD = Files(("models/fw/card.md",), "models/fw")
TRAINED = ("datasets/fw:train",)
EVALUATION = Facts("evals/fw:review", "evaluation", model="models/fw:dpo", suite="evals/fw:suite")


def evaluation() -> Plan:
    """The evaluation of an adapter beside its base."""
    return plan_evaluation(
        "evals/fw:review", SUITE, "after DPO", MODEL, [("base model", BASE)], "0.80", TRAINED, ["models/base/tiny"]
    )


def test_every_stage_predicts_and_one_step_judges() -> None:
    separation, first, second, judge = evaluation().steps
    assert [role.name for role in separation.roles] == [
        "trained/datasets.fw.train",
        "bases/models.base.tiny",
        "sets/datasets.fw.sealed",
    ]
    assert judge.roles[1].source == separation.product
    assert [role.name for role in first.roles] == ["model", "sets/datasets.fw.sealed"]
    assert [role.name for role in second.roles] == ["model", "base", "sets/datasets.fw.sealed"]
    assert json.loads(judge.config) == {
        "model": "after DPO",
        "stages": ["base model", "after DPO"],
        "abstain_below": "0.80",
    }
    assert judge.roles[-1].source == Product("evals/fw:review", "predict-1")
    assert judge.gate and not first.gate
    assert judge.name == "evals.fw.review" and first.name == "evals.fw.review.predict-0"


def test_a_label_stands_for_one_stage() -> None:
    with pytest.raises(BuildError, match="field 'label': 'x' is a stage as well"):
        plan_evaluation("evals/fw:review", SUITE, "x", MODEL, [("x", BASE)], "0", TRAINED, [])


def test_a_gate_needs_its_metric() -> None:
    with pytest.raises(BuildError, match="metric 'review_escalation' is gated but not measured"):
        plan_eval_suite("evals/fw:suite", [SET], [COVERAGE], {"review_escalation": ">= 0.5"}, {})


def test_a_metric_needs_a_set_of_its_form() -> None:
    assert plan_eval_suite("evals/fw:suite", [SET], [COVERAGE], {COVERAGE: ">= 0.5"}, {}).steps
    with pytest.raises(BuildError, match="'completion_passes' is measured on sets of the form 'completion'"):
        plan_eval_suite("evals/fw:suite", [SET], [COVERAGE, "completion_passes"], {}, {})
    text = Facts("d:text", "dataset", sealed=True, form="text")
    with pytest.raises(BuildError, match="field 'sets': 'd:text' has the form 'text'"):
        plan_eval_suite("evals/fw:suite", [text], [COVERAGE], {}, {})


def test_a_suite_measures_on_sealed_sets_alone() -> None:
    with pytest.raises(BuildError, match="'d:open' is not sealed"):
        plan_eval_suite("evals/fw:suite", [Facts("d:open", "dataset")], [COVERAGE], {COVERAGE: ">= 0.5"}, {})


def test_what_a_gate_answers_to_is_part_of_the_suite() -> None:
    gates, traces = {COVERAGE: ">= 0.5"}, {COVERAGE: ("REQ-12", "RISK-7")}
    (step,) = plan_eval_suite("evals/fw:suite", [SET], [COVERAGE], gates, traces).steps
    assert json.loads(step.config)["traces"] == {COVERAGE: ["REQ-12", "RISK-7"]}


def test_a_suite_without_traces_is_what_it_was_before_there_were_any() -> None:
    (step,) = plan_eval_suite("evals/fw:suite", [SET], [COVERAGE], {COVERAGE: ">= 0.5"}, {}).steps
    assert step.config == '{"gates":{"review_coverage":">= 0.5"},"metrics":["review_coverage"]}'


def test_an_id_needs_a_gate() -> None:
    with pytest.raises(BuildError, match="field 'traces': metric 'review_coverage' is traced but not gated"):
        plan_eval_suite("evals/fw:suite", [SET], [COVERAGE], {}, {COVERAGE: ("REQ-12",)})


def test_a_release_holds_evaluations_of_its_own_model() -> None:
    (step,) = plan_release("models/fw", "fw", MODEL, [EVALUATION], CARD, TRAINED).steps
    assert [role.name for role in step.roles] == [
        "model",
        "base",
        "card",
        "trained/datasets.fw.train",
        "evaluations/suite",
    ]
    assert "evaluation/suite/report.html" in step.files
    other = Facts("evals/fw:o", "evaluation", model="models/fw:sft", suite="evals/fw:suite")
    with pytest.raises(BuildError, match="judges 'models/fw:sft', but the release holds 'models/fw:dpo'"):
        plan_release("models/fw", "fw", MODEL, [other], CARD, TRAINED)


def test_two_suites_of_one_name_would_share_a_directory() -> None:
    twin = Facts("evals/other:review", "evaluation", model="models/fw:dpo", suite="evals/other:suite")
    with pytest.raises(BuildError, match="second evaluation by a suite named 'suite'"):
        plan_release("models/fw", "fw", MODEL, [EVALUATION, twin], CARD, TRAINED)


def test_a_circle_is_told_with_its_members() -> None:
    one, other = (Plan((Step(a, "finetune", TOOL, "{}", (Role("adapter", Product(b)),), ()),)) for a, b in ("ab", "ba"))
    with pytest.raises(BuildError, match="made from each other: a -> b -> a"):
        ordered([one, other])


def test_steps_come_after_what_they_take() -> None:
    judged = evaluation()
    assert sources([judged]) == (
        "datasets/fw:sealed",
        "datasets/fw:train",
        "evals/fw:review",
        "evals/fw:suite",
        "models/base/tiny",
        "models/fw:dpo",
    )
    plan = Plan(tuple(step for step in judged.steps if not step.part.startswith("predict")))
    with pytest.raises(KeyError):
        ordered([plan])
