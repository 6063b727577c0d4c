"""A lineage of any size: families of data sets and stages, each family started from two smaller ones."""

from __future__ import annotations

from pedigree.step.record import Record
from pedigree.trust.evaluations import WEIGHTS
from trust.builder import GATES, RELEASE, Files, record, report

DATASETS = 4
STAGES = ("pretrain", "dapt", "sft", "dpo", "merge", "quantize")
FAMILY = DATASETS + len(STAGES)
AROUND = 4
"""Steps besides families: the suite, the predictions, their judge, and the release."""


def closure_of(targets: int) -> tuple[list[Record], Files]:
    """The records of a release with so many targets, and the files that its last step made.

    A family is four data sets and six stages in a row; its first stage starts from the last of two other families, as
    in a heap, and what is left over is data. Every step names 18 files of code, as real ones do.

    Args:
        targets: How many steps, at least 14.
    """
    families, left = divmod(targets - AROUND, FAMILY)
    last: dict[int, Record] = {}
    records = []
    for family in reversed(range(families)):
        before = [last[origin] for origin in (2 * family + 1, 2 * family + 2) if origin in last]
        steps = _family(family, DATASETS + (left if family == 0 else 0), before)
        last[family] = steps[-1]
        records += steps
    return _delivered(records, last[0])


def _family(number: int, datasets: int, before: list[Record]) -> list[Record]:
    place = f"models/family-{number}"
    data = [
        _step(
            f"datasets/family-{number}:part-{part}",
            "dataset",
            "pedigree.data.snapshot",
            {"records.jsonl": b"%d %d" % (number, part), "manifest.json": b"{}"},
            {"records": (f"datasets/family-{number}", {f"part-{part}.jsonl": b"%d %d" % (number, part)})},
            {"form": "messages", "license": "Apache-2.0"},
        )
        for part in range(datasets)
    ]
    steps: list[Record] = []
    for at, stage in enumerate(STAGES):
        roles: dict[str, object] = {f"models/{each.name}": each for each in (steps[-1:] or before)}
        consumed = data[at:] if at == len(STAGES) - 1 else data[at : at + 1]
        roles.update({f"datasets/{each.name}": each for each in consumed})
        made = {f"model/model{WEIGHTS}": f"{place} {stage}".encode(), "model/config.json": b"{}"}
        steps.append(_step(f"{place}:{stage}", "finetune", "pedigree.training.sft", made, roles, {"stage": stage}))
    return [*data, *steps]


def _delivered(records: list[Record], model: Record) -> tuple[list[Record], Files]:
    weights = f"{model.address.rpartition(':')[0]} {STAGES[-1]}".encode()
    predicted: Files = {"predictions.jsonl": b"{}\n"}
    judged = {"report.json": report(), "report.html": b"<p>report</p>"}
    predictions = _step(
        "models/large:eval", "evaluation", "pedigree.evaluation.predict", predicted, {"model": model}, part="predict-0"
    )
    gates = {gate["metric"]: f"{gate['comparison']} {gate['threshold']}" for gate in GATES}
    suite = _step(
        "evals/large:suite", "eval_suite", "pedigree.evaluation.suite", {"suite.json": b"{}"}, {}, {"gates": gates}
    )
    judge = _step(
        "models/large:eval",
        "evaluation",
        "pedigree.evaluation.judge",
        judged,
        {"predictions/0": predictions, "suite": suite},
        part="judge",
    )
    files = {f"model/model{WEIGHTS}": weights, **{f"evaluation/suite/{name}": data for name, data in judged.items()}}
    release = _step(
        RELEASE, "release", "pedigree.release.assemble", files, {"model": model, "evaluations/suite": judge}
    )
    return [*records, suite, predictions, judge, release], files


def _step(
    address: str,
    kind: str,
    module: str,
    products: Files,
    roles: dict[str, object],
    config: dict[str, object] | None = None,
    part: str = "",
) -> Record:
    made = record(address, kind, module, products, part, roles=roles, config=config or {})
    code = {f"src/python/pedigree/training/part_{number}.py": f"{number:064x}" for number in range(16)}
    return Record(**{**vars(made), "materials": {**made.materials, **code}})
