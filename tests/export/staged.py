"""A release with two stages of training, made by hand, so that what an export must say is known."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from pedigree.step.canonical import canonical_json
from pedigree.step.record import Record
from pedigree.trust.seal import seal
from trust.builder import Files, deliver, lay_out, record

COVERAGE, ACCURACY, PASSES = "review_coverage", "review_accuracy_among_answered", "completion_passes"
GATES = {COVERAGE: (">=", "0.80", "0.9000"), ACCURACY: (">=", "0.75", "0.8125")}
TRACES = {COVERAGE: ["REQ-12", "RISK-7"], ACCURACY: ["REQ-12"]}
TRAINED = {"models.demo.sft": {"datasets.demo.one", "datasets.demo.two"}, "models.demo.dpo": {"datasets.demo.pairs"}}
SEALED = {"datasets.demo.reviews", "datasets.demo.completions"}
PACKAGES = {"torch": "2.13.0+cpu", "typing_extensions": "4.16.0"}
CARD = """# Demo

## Intended use

Drafts for an engineer who reviews them.

## Limits

- Small programs alone.
- English
  alone.

## Evaluation: suite

Figures of the build.
"""


def report(values: dict[str, tuple[str, str, str]] | None = None) -> bytes:
    """The report of an evaluation whose gates hold, with one metric that is not gated."""
    given = GATES if values is None else values
    gates = [
        {"metric": metric, "comparison": comparison, "threshold": threshold, "value": value, "passed": True}
        for metric, (comparison, threshold, value) in given.items()
    ]
    metrics = {
        metric: {
            "value": value,
            "numerator": Fraction(value).numerator,
            "denominator": Fraction(value).denominator,
            "lower": "0.1000",
            "upper": "0.9900",
        }
        for metric, value in [*((metric, value) for metric, (_, _, value) in given.items()), (PASSES, "0.5000")]
    }
    stages = [{"stage": "base model", "metrics": {}}, {"stage": "after DPO", "metrics": metrics}]
    document = {"schema": "pedigree.evaluation/1", "model": "after DPO", "stages": stages, "gates": gates}
    return canonical_json({**document, "passed": True})


def _declared(judged: bytes) -> dict[str, str]:
    """The gates of a report, as its suite declares them."""
    try:
        gates = json.loads(judged)["gates"]
        return {gate["metric"]: f"{gate['comparison']} {gate['threshold']}" for gate in gates}
    except (ValueError, KeyError, TypeError):
        return {}


def records_of(
    card: bytes = CARD.encode(),
    judged: bytes | None = None,
    traces: Any = TRACES,
    trained_on: tuple[str, ...] = ("corpus.json",),
) -> tuple[list[Record], Files]:
    """The records of the release, and the files that its last step made.

    Args:
        card: The model card.
        judged: The report of the evaluation.
        traces: What the suite's config says that its gates answer to; nothing when it is None.
        trained_on: Manifests of what the base model was trained on.
    """
    one, two, pairs = (_dataset(name, form) for name, form in (("one", "messages"), ("two", "text"), ("pairs", "x")))
    reviews, completions = (_dataset(name, "review", sealed=True) for name in ("reviews", "completions"))
    files = {"config.json": b"{}", "model.safetensors": b"base", "corpus.json": b"{}"}
    base = record(
        "models/base:tiny",
        "base_model",
        "pedigree.registry.pin",
        {"model/config.json": b"{}", "model/model.safetensors": b"base", "manifest.json": b"{}"},
        roles={"files": ("models/base", files)},
        config={"trained_on": list(trained_on), "license": "MIT OR Apache-2.0", "origin": "somebody"},
    )
    adapter = {"adapter_model.safetensors": b"sft", "adapter_config.json": b"{}"}
    sft = _stage("sft", adapter, {"base": base, f"datasets/{one.name}": one, f"datasets/{two.name}": two})
    adapter = {"adapter_model.safetensors": b"dpo", "adapter_config.json": b"{}"}
    dpo = _stage("dpo", adapter, {"base": base, "adapter": sft, f"datasets/{pairs.name}": pairs})
    sets: dict[str, Any] = {f"sets/{each.name}": each for each in (reviews, completions)}
    suite = record(
        "evals/demo:suite",
        "eval_suite",
        "pedigree.evaluation.suite",
        {"suite.json": b"{}"},
        roles=sets,
        config={"gates": _declared(judged or report()), **({} if traces is None else {"traces": traces})},
    )
    asked = [_predictions(number, model, sets) for number, model in enumerate((base, dpo))]
    results = {"report.json": judged or report(), "report.html": b"<p>", "predictions.jsonl": b"{}\n"}
    answers = {f"predictions/{number}": each for number, each in enumerate(asked)}
    judge = record(
        "models/demo:eval",
        "evaluation",
        "pedigree.evaluation.judge",
        results,
        roles={"suite": suite, **sets, **answers},
    )
    delivered = {
        **{f"model/{path}": content for path, content in adapter.items()},
        **{f"evaluation/suite/{path}": content for path, content in results.items()},
        "MODEL_CARD.md": card,
    }
    release = record(
        "models/demo:demo",
        "release",
        "pedigree.release.assemble",
        delivered,
        roles={"model": dpo, "base": base, "evaluations/suite": judge},
        config={"release": "demo", "base": base.name},
    )
    steps = [one, two, pairs, reviews, completions, base, sft, dpo, suite, *asked, judge, release]
    return [_with_packages(each) for each in steps], delivered


def build_staged(directory: Path, uri: str, **given: Any) -> Path:
    """The sealed release, as it is delivered; `given` are arguments of `records_of`."""
    lay_out(directory, uri, *records_of(**given))
    seal(directory, uri)
    return deliver(directory)


def _dataset(name: str, form: str, sealed: bool = False) -> Record:
    return record(
        f"datasets/demo:{name}",
        "dataset",
        "pedigree.data.snapshot",
        {"records.jsonl": name.encode(), "manifest.json": b"{}"},
        roles={"records": ("datasets/demo", {f"{name} [v1].jsonl": name.encode()})},
        config={"form": form, "license": "Apache-2.0", "origin": "internal", "sealed": sealed},
    )


def _stage(method: str, adapter: dict[str, bytes], roles: dict[str, Any]) -> Record:
    return record(
        f"models/demo:{method}",
        "finetune",
        f"pedigree.training.{method}",
        {**{f"model/{path}": content for path, content in adapter.items()}, "training.json": b"{}"},
        roles={**roles, "hyperparameters": ("models/demo", {f"{method}.yaml": b"lr: 1e-3\n"})},
        config={"seed": 7, "weights": "lora"},
    )


def _predictions(number: int, model: Record, sets: dict[str, Any]) -> Record:
    return record(
        "models/demo:eval",
        "evaluation",
        "pedigree.evaluation.predict",
        {"predictions.jsonl": str(number).encode()},
        part=f"predict-{number}",
        roles={"model": model, **sets},
    )


def _with_packages(step: Record) -> Record:
    return replace(step, tool=replace(step.tool, packages=PACKAGES))
