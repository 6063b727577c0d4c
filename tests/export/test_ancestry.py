"""What models learned from and were asked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from export.staged import SEALED, TRAINED, records_of
from pedigree.export.ancestry import (
    Remembered,
    all_learning,
    datasets,
    delivered_model,
    models,
    own_learning,
    sets_asked,
    started_from,
)
from pedigree.export.evidence import Evidence, read_evidence
from pedigree.step.digests import sha256_bytes
from pedigree.trust.public import PublicKey
from pedigree.trust.seal import seal
from trust.builder import deliver, lay_out, record


def test_models_and_datasets_are_those_of_the_release(evidence: Evidence) -> None:
    assert [step.name for step in models(evidence)] == ["models.base.tiny", "models.demo.sft", "models.demo.dpo"]
    assert {step.name for step in datasets(evidence)} == SEALED.union(*TRAINED.values())
    assert delivered_model(evidence).name == "models.demo.dpo"


def test_a_dataset_of_parts_is_one_dataset(uri: str, public: PublicKey, tmp_path: Path) -> None:
    records, delivered = records_of()
    parts = [
        record(
            "datasets/demo:one",
            "dataset",
            "pedigree.data.snapshot",
            {"records.jsonl": name.encode()},
            part=f"shard.{name}",
            roles={"records": ("datasets/demo", {f"{name}.jsonl": name.encode()})},
            config={"form": "messages", "sealed": False},
        )
        for name in ("a", "b")
    ]
    merged = record(
        "datasets/demo:one",
        "dataset",
        "pedigree.data.merge",
        {"records.jsonl": b"one", "manifest.json": b"{}"},
        roles={f"shards/{part.name}": part for part in parts},
    )
    steps = [replace(merged, config=each.config) if each.name == merged.name else each for each in records]
    lay_out(tmp_path / "work", uri, [*parts, *steps], delivered)
    seal(tmp_path / "work", uri)
    found = read_evidence(deliver(tmp_path / "work"), public)
    assert len(found.steps) == len(records) + len(parts)
    assert {step.name for step in datasets(found)} == SEALED.union(*TRAINED.values())
    assert set(all_learning(found, delivered_model(found)).datasets) == set().union(*TRAINED.values())


def test_a_stage_learned_from_its_own_sets_and_the_model_from_all_of_them(evidence: Evidence) -> None:
    for name, sets in TRAINED.items():
        assert set(own_learning(evidence.by_name[name]).datasets) == sets
    learned = all_learning(evidence, delivered_model(evidence))
    assert set(learned.datasets) == set().union(*TRAINED.values()) and learned.complete
    assert learned.remembered == (Remembered("models/base/corpus.json", sha256_bytes(b"{}")),)
    assert not SEALED & set(learned.datasets)


def test_an_adapter_started_from_its_base_and_the_adapter_before(evidence: Evidence) -> None:
    found = [step.name for step in started_from(evidence, delivered_model(evidence))]
    assert found == ["models.base.tiny", "models.demo.sft"]


def test_models_that_answered_were_tested_and_no_other(evidence: Evidence) -> None:
    sealed = tuple(sorted(SEALED))
    assert sets_asked(evidence) == {"models.base.tiny": sealed, "models.demo.dpo": sealed}
