"""What tells a graph from its plan, in the words that a person reads, and whether the plan allows it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pedigree.trust.conformity import approvals_lacking, differences
from pedigree.trust.graph import Graph, Node, graph_of_provenance
from pedigree.trust.plan import File, Plan, Source, Stage
from pedigree.trust.provenance import provenance
from trust.builder import RELEASE_STEP, closure_of_demo
from trust.office import Office
from trust.plans import before_the_build, changed, configured, demo_graph, demo_plan, fed, with_node, without

SFT, DATA, SUITE, BASE = "models.demo.sft", "datasets.demo.sft", "evals.demo.suite", "models.base.tiny"
JUDGE, HELD_OUT = "models.demo.eval", "datasets.demo.heldout"
SHA = "ab" * 32
GATES = {"review_coverage": ">= 0.80"}


def outside(graph: Graph, plan: Plan | None = None) -> list[str]:
    return [found.words for found in differences(plan or demo_plan(), graph) if not found.inside]


def inside(graph: Graph, plan: Plan | None = None) -> list[str]:
    return [found.words for found in differences(plan or demo_plan(), graph) if found.inside]


def with_stage(name: str, **fields: Any) -> Plan:
    """The plan, one stage of it written otherwise."""
    plan = demo_plan()
    stages = tuple(replace(stage, **fields) if stage.name == name else stage for stage in plan.stages)
    return replace(plan, stages=stages)


def stage(name: str) -> Stage:
    return next(stage for stage in demo_plan().stages if stage.name == name)


def node(address: str, kind: str = "dataset") -> Node:
    name = address.replace("/", ".").replace(":", ".")
    return Node(name, address, kind, "pedigree.data.snapshot", {}, {"records": ""}, {}, {})


def with_material(graph: Graph, name: str, path: str, sha256: str) -> Graph:
    return changed(graph, name, materials={**graph.nodes[name].materials, path: sha256})


def test_the_graph_of_the_plan_does_not_differ_whoever_tells_it() -> None:
    records = {record.name: record for record in closure_of_demo()[0]}
    statements = {name: provenance(record) for name, record in records.items()}
    of_provenance = graph_of_provenance(statements, RELEASE_STEP)
    for graph in (demo_graph(), before_the_build(demo_graph()), of_provenance):
        assert differences(demo_plan(), graph) == []


def test_the_prefix_of_a_role_follows_from_provenance_as_from_the_record() -> None:
    records = {record.name: record for record in closure_of_demo()[0]}
    statements = {name: provenance(record) for name, record in records.items()}
    assert graph_of_provenance(statements, RELEASE_STEP) == demo_graph()


def test_a_new_data_set_that_enters_a_stage_is_outside() -> None:
    graph = fed(with_node(demo_graph(), node("datasets/y")), SFT, {"datasets/datasets.y": "datasets.y"})
    assert outside(graph) == ["new data set datasets/y enters models/demo:sft"]


def test_a_known_data_set_that_enters_another_stage_is_outside() -> None:
    graph = fed(demo_graph(), SFT, {f"datasets/{HELD_OUT}": HELD_OUT})
    assert outside(graph) == [f"models/demo:sft takes datasets/{HELD_OUT} from datasets/demo:heldout as well"]


def test_a_step_that_nothing_takes_from_is_outside_too() -> None:
    assert outside(with_node(demo_graph(), node("datasets/y"))) == ["new data set datasets/y"]


def test_a_data_set_that_is_dropped_is_outside() -> None:
    told = outside(without(demo_graph(), DATA))
    assert told == ["data set datasets/demo:sft is dropped; it entered models/demo:sft"]


def test_a_stage_that_is_dropped_is_outside() -> None:
    told = outside(without(demo_graph(), SFT))
    assert "stage models/demo:sft is dropped; it entered models/demo:demo, models/demo:eval (predict-1)" in told


def test_another_base_model_is_outside() -> None:
    other = replace(demo_graph().nodes[BASE], name="models.base.other", address="models/base:other")
    graph = fed(with_node(without(demo_graph(), BASE), other), SFT, {"base": "models.base.other"})
    told = outside(graph)
    assert "models/demo:sft takes base from models/base:other, not from models/base:tiny" in told
    assert "new base model models/base:other enters models/demo:sft" in told


def test_other_files_of_the_same_base_model_are_outside() -> None:
    (told,) = outside(with_material(demo_graph(), BASE, "inputs/files/model.safetensors", SHA))
    assert told.startswith("base model models/base:tiny is other files: sha256:")
    assert told.endswith(f"not sha256:{stage(BASE).base}")


def test_hyperparameters_and_training_data_may_change_within_the_plan() -> None:
    graph = with_material(demo_graph(), SFT, "inputs/hyperparameters/sft.yaml", SHA)
    graph = with_material(graph, DATA, "inputs/records/sft [v1].jsonl", SHA)
    assert outside(graph) == []
    assert inside(graph) == [
        "records of datasets/demo:sft changed: datasets/demo/sft [v1].jsonl",
        "hyperparameters of models/demo:sft changed: sft.yaml",
    ]


def test_a_pinned_file_that_changed_is_outside() -> None:
    graph = with_material(demo_graph(), HELD_OUT, "inputs/generator/generate.py", SHA)
    told = "generator of datasets/demo:heldout changed: datasets/demo/generate.py, which is pinned"
    assert outside(graph) == [told]


def test_a_file_beside_the_planned_ones_is_outside_unless_a_pattern_has_it() -> None:
    graph = with_material(demo_graph(), DATA, "inputs/records/more.jsonl", SHA)
    assert outside(graph) == ["records of datasets/demo:sft have a new file: datasets/demo/more.jsonl"]
    loose = with_stage(DATA, sources={"records": Source("datasets/demo", {"*.jsonl": File("", True)})})
    assert differences(loose, graph) == []


def test_a_planned_file_that_is_missing_is_outside() -> None:
    graph = changed(demo_graph(), DATA, materials={})
    assert outside(graph) == ["records of datasets/demo:sft lack datasets/demo/sft [[]v1].jsonl"]


def test_the_same_files_from_another_directory_are_outside() -> None:
    graph = changed(demo_graph(), DATA, prefixes={"records": "elsewhere"})
    assert outside(graph) == ["records of datasets/demo:sft come from 'elsewhere', not from 'datasets/demo'"]


@pytest.mark.parametrize(
    ("gates", "told"),
    [
        ({"review_coverage": ">= 0.70"}, "gate review_coverage of evals/demo:suite lowered from >= 0.80 to >= 0.70"),
        ({"review_coverage": "<= 0.80"}, "gate review_coverage of evals/demo:suite changed from >= 0.80 to <= 0.80"),
        ({"review_coverage": 1}, "gate review_coverage of evals/demo:suite changed from >= 0.80 to 1"),
        ({}, "gate review_coverage of evals/demo:suite dropped; it was >= 0.80"),
        (None, "gate review_coverage of evals/demo:suite dropped; it was >= 0.80"),
    ],
)
def test_a_gate_that_is_loosened_is_outside(gates: object, told: str) -> None:
    assert outside(configured(demo_graph(), SUITE, gates=gates)) == [told]


@pytest.mark.parametrize(
    ("gates", "told"),
    [
        ({"review_coverage": ">= 0.90"}, "gate review_coverage of evals/demo:suite raised from >= 0.80 to >= 0.90"),
        ({**GATES, "review_escalation": "<= 0.1"}, "new gate review_escalation of evals/demo:suite: <= 0.1"),
    ],
)
def test_a_gate_that_is_tightened_is_inside_if_the_plan_says_so(gates: object, told: str) -> None:
    graph = configured(demo_graph(), SUITE, gates=gates)
    assert (inside(graph), outside(graph)) == ([told], [])
    assert outside(graph, with_stage(SUITE, gates_may="stay")) == [told]


def test_an_upper_bound_is_loosened_by_raising_it() -> None:
    plan = with_stage(SUITE, gates={"review_escalation": "<= 0.10"})
    assert outside(configured(demo_graph(), SUITE, gates={"review_escalation": "<= 0.20"}), plan)
    assert inside(configured(demo_graph(), SUITE, gates={"review_escalation": "<= 0.05"}), plan)


def test_a_gate_that_is_only_written_otherwise_is_inside() -> None:
    graph = configured(demo_graph(), SUITE, gates={"review_coverage": ">= 0.8"})
    assert (outside(graph), len(inside(graph))) == ([], 1)
    assert outside(graph, with_stage(SUITE, gates_may="stay")) == []


def test_a_suite_without_gates_stays_one_unless_it_gets_some() -> None:
    bare, plan = configured(demo_graph(), SUITE, gates={}), with_stage(SUITE, gates={})
    assert differences(plan, bare) == []
    assert inside(demo_graph(), plan) == ["new gate review_coverage of evals/demo:suite: >= 0.80"]


def test_a_metric_that_is_not_measured_any_more_is_outside_and_one_more_is_inside() -> None:
    plan = with_stage(SUITE, settings={"metrics": ["review_coverage"]})
    more = configured(demo_graph(), SUITE, metrics=["review_coverage", "review_escalation"])
    assert (inside(more, plan), outside(more, plan)) == (["evals/demo:suite measures review_escalation as well"], [])
    assert outside(configured(demo_graph(), SUITE, metrics=[]), plan) == [
        "evals/demo:suite does not measure review_coverage any more"
    ]


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"seed": 2}, "setting 'seed' of models/demo:sft changed from 1 to 2"),
        ({"seed": True}, "setting 'seed' of models/demo:sft changed from 1 to true"),
        ({"rank": 8}, "setting 'rank' of models/demo:sft is new: 8"),
        ({"rank": 0.5}, "setting 'rank' of models/demo:sft is new: 0.5"),
    ],
)
def test_a_setting_that_changed_is_outside_unless_it_is_free(settings: dict[str, object], told: str) -> None:
    graph = configured(demo_graph(), SFT, **settings)
    assert outside(graph) == [told]
    free = with_stage(SFT, free=("seed", "rank"))
    assert (inside(graph, free), outside(graph, free)) == ([told], [])


def test_a_setting_that_is_gone_is_outside() -> None:
    graph = changed(demo_graph(), SFT, config={"seed": 1})
    assert outside(graph) == ["setting 'weights' of models/demo:sft is gone"]


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("module", "pedigree.training.dpo", "runs pedigree.training.dpo, not pedigree.training.sft"),
        ("lock", "other.lock", "runs with the packages of other.lock, not 3rdparty/python/data.lock"),
        ("reproducibility", "bounded", "is reproducible in the class bounded, not bitwise"),
        ("kind", "dataset", "is of the type dataset, not finetune"),
        ("address", "models/demo.sft", "is the target models/demo.sft, not models/demo:sft"),
    ],
)
def test_another_tool_other_packages_or_an_accelerator_are_outside(field: str, value: str, told: str) -> None:
    assert outside(changed(demo_graph(), SFT, **{field: value})) == [f"models/demo:sft {told}"]


def test_another_release_is_outside() -> None:
    graph = Graph(demo_graph().nodes, SFT)
    assert outside(graph) == ["the release is models/demo:sft, and the plan is of models/demo:demo"]


def test_what_came_from_a_step_and_now_from_version_control_is_outside() -> None:
    graph = fed(demo_graph(), SFT, {"base": ""})
    assert outside(graph) == ["models/demo:sft takes base from version control, not from models/base:tiny"]


def test_a_stage_that_takes_less_is_outside() -> None:
    sft = demo_graph().nodes[SFT]
    graph = changed(demo_graph(), SFT, inputs={role: origin for role, origin in sft.inputs.items() if role != "base"})
    assert outside(graph) == ["models/demo:sft does not take base from models/base:tiny any more"]


def test_the_plan_may_demand_more_approvals_than_the_trust_root(tmp_path: Any) -> None:
    office = Office(tmp_path)
    root = office.publish_root(office.root(), "Olga")
    base = demo_graph().nodes[BASE]
    office.approve(office.propose(base.address, base.supplied()), "Quentin", "Lea")
    office.publish_snapshot(root)
    authority = office.authority(root)
    assert approvals_lacking(demo_plan(), demo_graph(), authority) == []
    plan = demo_plan(approvals=("legal", "owner", "quality"))
    (lacking,) = approvals_lacking(plan, demo_graph(), authority)
    assert not lacking.inside and lacking.words == (
        "base model models/base:tiny is not approved by owner, whom the plan names"
    )


def test_a_graph_before_the_build_differs_in_the_same_words_as_after() -> None:
    graph = configured(demo_graph(), SUITE, gates={"review_coverage": ">= 0.70"})
    graph = with_material(graph, SFT, "inputs/hyperparameters/sft.yaml", SHA)
    graph = with_material(graph, BASE, "inputs/files/config.json", SHA)
    assert differences(demo_plan(), graph) == differences(demo_plan(), before_the_build(graph))
    assert len(differences(demo_plan(), graph)) == 3
