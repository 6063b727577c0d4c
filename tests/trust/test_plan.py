"""What a plan says, and what is no plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from pedigree.step.canonical import canonical_json, parse_json
from pedigree.step.digests import tree_digest
from pedigree.trust.errors import MalformedEvidence
from pedigree.trust.plan import parse_plan, step_label
from pedigree.trust.proposal import withdrawal
from trust.builder import RELEASE, RELEASE_STEP
from trust.office import APPROVALS
from trust.plans import demo_graph, demo_plan

Change = Callable[[dict[str, Any]], object]
SHA = "ab" * 32


def document() -> dict[str, Any]:
    """The plan of the demo as JSON."""
    found: dict[str, Any] = parse_json(canonical_json(demo_plan().to_json()), "plan")
    return found


def stage(plan: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(stage for stage in plan["stages"] if stage["name"] == name)
    return found


def test_a_plan_is_read_as_it_was_written() -> None:
    assert parse_plan(document(), "plan") == demo_plan()
    assert parse_plan(document(), "plan").digest == demo_plan().digest


def test_a_plan_without_stages_withdraws_it_and_names_no_step() -> None:
    withdrawn = withdrawal(demo_plan(version=2), "the product ends")
    assert parse_plan(withdrawn.to_json(), "plan") == withdrawn
    assert (withdrawn.withdrawn, withdrawn.version, demo_plan().withdrawn) == (True, 3, False)
    # Neither is one by mistake.
    for wrong in ({"step": RELEASE_STEP}, {"stages": demo_plan().stages}):
        with pytest.raises(MalformedEvidence, match="has no stage"):
            parse_plan(replace(withdrawn, **wrong).to_json(), "plan")


def test_a_proposed_plan_names_every_step_of_the_graph_with_what_may_change() -> None:
    plan = demo_plan()
    stages = {stage.name: stage for stage in plan.stages}
    assert (plan.release, plan.step, plan.version, plan.approvals) == (RELEASE, RELEASE_STEP, 1, APPROVALS)
    assert list(stages) == list(demo_graph().nodes)
    assert stages["evals.demo.suite"].gates == {"review_coverage": ">= 0.80"}
    assert stages["models.demo.sft"].settings == {"seed": 1, "weights": "lora"}
    assert stages["models.base.tiny"].base == tree_digest(demo_graph().nodes["models.base.tiny"].supplied())
    may_change = {
        (name, path): file.may_change
        for name, stage in stages.items()
        for source in stage.sources.values()
        for path, file in source.files.items()
    }
    assert may_change["models.demo.sft", "sft.yaml"] and may_change["datasets.demo.sft", "sft [[]v1].jsonl"]
    # What figures are compared by is pinned: the base and the sealed set.
    assert not may_change["datasets.demo.heldout", "generate.py"] and not may_change["models.base.tiny", "config.json"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda plan: plan.update(schema="pedigree.plan/2"), "another schema"),
        (lambda plan: plan.update(version=1), "version is not of type str"),
        (lambda plan: plan.update(version="01"), "no number"),
        (lambda plan: plan.update(version="0"), "has the version 0"),
        (lambda plan: plan.update(more=""), "a field too few or too many: 'more'"),
        (lambda plan: plan.pop("note"), "a field too few or too many: 'note'"),
        (lambda plan: plan.update(step="models.other"), "no stage 'models.other'"),
        (lambda plan: plan.update(layout="zz"), "names its layout by no SHA-256"),
        (lambda plan: plan["stages"].append(plan["stages"][0]), "names a stage twice"),
        (lambda plan: plan["stages"].append([]), r"stages\[9\] is not of type dict"),
        (
            lambda plan: stage(plan, "models.demo.sft")["inputs"].update(base="nowhere"),
            "take from a stage that it does",
        ),
        (
            lambda plan: stage(plan, "models.demo.sft")["inputs"].update(hyperparameters="models.base.tiny"),
            "role .*twice",
        ),
        (lambda plan: stage(plan, "evals.demo.suite").update(gates_may="loosen"), "gates .* may 'loosen'"),
        (lambda plan: stage(plan, "evals.demo.suite")["gates"].update(x="> 1"), "a gate .* that is none"),
        (lambda plan: stage(plan, "models.base.tiny").update(base="tiny"), "the base .* by no SHA-256"),
        (lambda plan: stage(plan, "models.demo.sft")["settings"].update(rate=0.1), "is the float 0.1"),
        (
            lambda plan: stage(plan, "datasets.demo.heldout")["sources"]["generator"]["files"]["generate.py"].update(
                sha256=""
            ),
            "pins 'generate.py' .* to no SHA-256",
        ),
        (
            lambda plan: stage(plan, "models.demo.sft")["sources"]["hyperparameters"]["files"]["sft.yaml"].update(
                may_change=1
            ),
            "may_change is not of type bool",
        ),
    ],
)
def test_what_is_no_plan_is_refused(change: Change, told: str) -> None:
    plan = document()
    change(plan)
    with pytest.raises(MalformedEvidence, match=told):
        parse_plan(plan, "plan")


@pytest.mark.parametrize("value", [None, [], "plan", 7, {}, {"schema": "pedigree.plan/1"}])
def test_other_json_is_no_plan(value: object) -> None:
    with pytest.raises(MalformedEvidence, match="is not a pedigree.plan/1 document"):
        parse_plan(value, "plan")


def test_a_step_is_called_by_its_target_and_its_part() -> None:
    assert step_label("models.demo.eval.predict-0", "models/demo:eval") == "models/demo:eval (predict-0)"
    assert step_label("docs", "//:docs") == "//:docs"
