"""From values to steps, and what is refused on the way."""

from __future__ import annotations

import json

import pytest

from pedigree.build.errors import BuildError
from pedigree.build.facts import Facts
from pedigree.build.plan import Files, Plan, Product, Role
from pedigree.build.planning import (
    WeightsManifest,
    plan_base_model,
    plan_dataset,
    plan_finetune,
    plan_synthetic_dataset,
)

YAML = Files(("models/fw/sft.yaml",), "models/fw")
BASE = Facts("models/base/tiny", "base_model")
ADAPTER = Facts("models/fw:sft", "finetune", adapter=True, base="models/base/tiny")
DATA = {
    method: Facts("datasets/fw:review", "synthetic_dataset", form=form)
    for method, form in (("pretrain", "text"), ("sft", "messages"), ("dpo", "preference"))
}
REVIEW = DATA["sft"]
SEALED = Facts("datasets/fw:sealed", "dataset", sealed=True)


def finetune(
    method: str = "sft",
    weights: str = "lora",
    base: Facts | None = BASE,
    adapter: Facts | None = None,
    datasets: tuple[Facts, ...] = (),
) -> Plan:
    """A plan with one thing changed."""
    return plan_finetune("models/fw:x", method, weights, 17, YAML, base, adapter, datasets or (DATA[method],))


def test_a_dataset_is_one_step_without_torch() -> None:
    files = Files(("datasets/fw/a.jsonl",), "datasets/fw")
    (step,) = plan_dataset(
        "datasets/fw:a", files, form="text", license="Apache-2.0", origin="internal", sealed=False, sharded=False
    ).steps
    assert step.tool.resolve == "data"
    assert json.loads(step.config) == {"form": "text", "license": "Apache-2.0", "origin": "internal", "sealed": False}


def test_equal_settings_are_equal_steps() -> None:
    assert finetune() == finetune()


def test_a_finetune_names_its_inputs_by_role() -> None:
    (step,) = finetune(method="dpo", adapter=ADAPTER).steps
    assert {role.name: role.source for role in step.roles} == {
        "base": Product("models/base/tiny"),
        "adapter": Product("models/fw:sft"),
        "datasets/datasets.fw.review": Product("datasets/fw:review"),
        "hyperparameters": YAML,
    }


def test_pretraining_starts_from_nothing() -> None:
    (step,) = finetune(method="pretrain", weights="full", base=None).steps
    assert [role.name for role in step.roles] == ["datasets/datasets.fw.review", "hyperparameters"]
    with pytest.raises(BuildError, match="field 'base': pretraining starts from nothing"):
        finetune(method="pretrain", weights="full")
    with pytest.raises(BuildError, match="field 'weights': pretraining makes full weights"):
        finetune(method="pretrain", base=None)


def test_a_sealed_set_is_refused_as_training_data() -> None:
    with pytest.raises(BuildError, match=r"'models/fw:x', field 'datasets': 'datasets/fw:sealed' is sealed"):
        finetune(datasets=(REVIEW, SEALED))


@pytest.mark.parametrize("method", ["pretrain", "sft", "dpo"])
def test_a_method_learns_from_its_own_form(method: str) -> None:
    base, weights = (None, "full") if method == "pretrain" else (BASE, "lora")
    other = Facts("d:other", "dataset", form="review")
    with pytest.raises(BuildError, match=f"'d:other' has the form 'review'; method '{method}' learns from"):
        finetune(method, weights, base, ADAPTER if method == "dpo" else None, (other,))


def test_preferences_need_an_adapter_to_start_from() -> None:
    with pytest.raises(BuildError, match="field 'adapter': method 'dpo' starts from an adapter"):
        finetune(method="dpo")


def test_a_set_named_twice_is_refused() -> None:
    with pytest.raises(BuildError, match="is named twice"):
        finetune(datasets=(REVIEW, REVIEW))


def test_an_adapter_belongs_on_its_own_base() -> None:
    with pytest.raises(BuildError, match="is an adapter of 'models/base/tiny', but the base is 'models/base/other'"):
        finetune(base=Facts("models/base/other", "base_model"), adapter=ADAPTER)
    with pytest.raises(BuildError, match="not a whole model"):
        finetune(base=ADAPTER)
    with pytest.raises(BuildError, match="full weights cannot start from an adapter"):
        finetune(weights="full", adapter=ADAPTER)


def test_sft_needs_a_model_to_start_from() -> None:
    with pytest.raises(BuildError, match="method 'sft' needs a model to start from"):
        finetune(base=None)


def test_every_file_of_a_base_model_is_pinned_and_no_other() -> None:
    files = Files(("m/config.json", "m/model.safetensors"), "m")
    pins = {"config.json": "0" * 64, "model.safetensors": "1" * 64}
    (step,) = plan_base_model("m", files, None, pins, (), "Apache-2.0", "internal").steps
    assert step.files == ("manifest.json", "model/config.json", "model/model.safetensors")
    with pytest.raises(BuildError, match="does not name 'config.json'"):
        plan_base_model("m", files, None, {"model.safetensors": "1" * 64}, (), "Apache-2.0", "internal")
    with pytest.raises(BuildError, match="names 'x.json', which is not in sources"):
        plan_base_model("m", files, None, {**pins, "x.json": "2" * 64}, (), "Apache-2.0", "internal")
    with pytest.raises(BuildError, match="field 'trained_on': names 'corpus.json', which is not in sources"):
        plan_base_model("m", files, None, pins, ("corpus.json",), "Apache-2.0", "internal")


def test_a_base_model_has_files_or_a_manifest_of_them() -> None:
    content = b'{"files": [{"name": "config.json", "sha256": "0a"}]}'
    manifest = WeightsManifest(Files(("m/weights.json",), "m"), content)
    (step,) = plan_base_model("m", Files((), "m"), manifest, {}, (), "Apache-2.0", "internal").steps
    assert step.files == ("manifest.json", "weights.json")
    assert [role.name for role in step.roles] == ["weights"]
    assert json.loads(step.config)["weights"] == {"config.json": "0a"}
    corpus, pins = Files(("m/corpus.json",), "m"), {"corpus.json": "0" * 64}
    (step,) = plan_base_model("m", corpus, manifest, pins, ("corpus.json",), "Apache-2.0", "internal").steps
    assert [role.name for role in step.roles] == ["weights", "files"]
    for other, told in ((b"{}", "is not a weights manifest"), (content.replace(b"config", b"corpus"), "so does m/w")):
        with pytest.raises(BuildError, match=told):
            named = WeightsManifest(manifest.source, other)
            plan_base_model("m", corpus, named, pins, ("corpus.json",), "Apache-2.0", "internal")
    with pytest.raises(BuildError, match="field 'sources': must be set, or weights_manifest"):
        plan_base_model("m", Files((), "m"), None, {}, (), "Apache-2.0", "internal")
    with pytest.raises(BuildError, match=r"names corpus.json, and weights_manifest names the model's files"):
        plan_base_model("m", corpus, manifest, pins, (), "Apache-2.0", "internal")


def test_a_sharded_dataset_is_a_step_for_each_file_and_one_that_merges() -> None:
    def plan(*paths: str) -> Plan:
        records = Files(tuple(f"datasets/fw/{path}" for path in paths), "datasets/fw")
        return plan_dataset(
            "datasets/fw:r", records, form="text", license="MIT", origin="internal", sealed=False, sharded=True
        )

    first, second, merged = plan("a.jsonl", "b/c.jsonl").steps
    assert (first.part, second.part, merged.part) == ("shard.a.jsonl", "shard.b.c.jsonl", "")
    assert second.roles == (Role("records", Files(("datasets/fw/b/c.jsonl",), "datasets/fw")),)
    assert [role.source for role in merged.roles] == [first.product, second.product]
    # A file that is added leaves the steps of the others as they are.
    assert plan("a.jsonl", "a2.jsonl", "b/c.jsonl").steps[0] == first
    with pytest.raises(BuildError, match="field 'sources': the shard of 'b/c.jsonl' would have the name of another"):
        plan("b.c.jsonl", "b/c.jsonl")


def test_generator_and_verifier_must_be_among_the_sources() -> None:
    code = Files(("datasets/fw/gen/review.py",), "datasets/fw")

    def plan(verifier: str) -> Plan:
        return plan_synthetic_dataset(
            "datasets/fw:r",
            code,
            generator="gen.review",
            verifier=verifier,
            seed=1,
            count=2,
            arguments={},
            form="review",
            license="Apache-2.0",
            origin="synthetic-verified",
            sealed=False,
        )

    assert plan("gen.review").steps[0].tool.module == "pedigree.data.synthesize"
    with pytest.raises(BuildError, match="field 'verifier': module 'gen.verify' is not among the generator_sources"):
        plan("gen.verify")
