"""Tool: judges what models predicted, and stops the build when the model does not meet a gate.

The report is written first, so a red gate leaves what is needed to understand it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from pedigree.evaluation.gates import Gate, unmet
from pedigree.evaluation.items import COMPLETION, Answer, Item, Judged, read_answers, read_items
from pedigree.evaluation.report import StageResult, build_report
from pedigree.evaluation.report_html import render_report
from pedigree.evaluation.suite import describe_set
from pedigree.step.canonical import canonical_json, read_json
from pedigree.step.context import StepContext
from pedigree.step.decimals import decimal
from pedigree.step.digests import sha256_bytes
from pedigree.step.errors import GateFailed, ToolError
from pedigree.step.run import run_tool
from pedigree.verifiers.completion import fill, refusal
from pedigree.verifiers.unit_test import UnitResult, run_units


def main(step: StepContext) -> None:
    """Write `report.json`, `report.html` and the model's `predictions.jsonl`; raise `GateFailed` when a gate is red."""
    suite = read_json(step.input_file("suite"))
    sets = step.inputs("sets")
    separation = read_json(step.input_file("separation"))
    _require_sets_of_suite(step.target, suite, sets)
    _require_separation_of_suite(step.target, suite, separation)
    items = read_items(sets)
    answers = {label: read_answers(path, label, items) for label, path in _predictions(step).items()}
    judged = judge(items, answers)
    below = Fraction(step.config["abstain_below"])
    stages = [StageResult.measure(label, judged[label], below, suite["metrics"]) for label in judged]
    gates = [Gate(gate["metric"], gate["comparison"], gate["threshold"]) for gate in suite["gates"]]
    report = build_report(suite, gates, stages, step.config["abstain_below"], separation)
    step.output("report.json").write_bytes(canonical_json(report) + b"\n")
    step.output("report.html").write_text(render_report(report, stages[-1].judged), encoding="utf-8")
    lines = [canonical_json(_prediction(one)) + b"\n" for one in stages[-1].judged]
    step.output("predictions.jsonl").write_bytes(b"".join(lines))
    print(format_table(stages, gates), file=sys.stderr)
    if red := unmet(gates, stages[-1].metrics):
        raise GateFailed(_red_gates(step.target, red, stages[-1]), _GATE_HINT)


def judge(items: Mapping[str, Item], answers: Mapping[str, Mapping[str, Answer]]) -> dict[str, list[Judged]]:
    """Judge the answers of every stage; the same completion of an item is compiled and run once for all stages."""
    programs: dict[str, str] = {}
    names: dict[tuple[str, str], str] = {}
    for stage, given in answers.items():
        for key, answer in given.items():
            if items[key].task == COMPLETION and refusal(answer.text) is None:
                source = fill(items[key].unit, answer.text)
                names[stage, key] = sha256_bytes(source.encode())
                programs[names[stage, key]] = source
    results = run_units(programs)
    return {
        stage: [
            _judge_one(items[key], answer, results.get(names.get((stage, key), ""))) for key, answer in given.items()
        ]
        for stage, given in answers.items()
    }


def format_table(stages: Sequence[StageResult], gates: Sequence[Gate]) -> str:
    """The metrics of each stage beside the gates, for a terminal."""
    wanted = {gate.metric: gate for gate in gates}
    model = stages[-1]
    rows = [["metric", *(stage.stage for stage in stages), "gate", ""]]
    for name, ratio in model.metrics.items():
        gate = wanted.get(name)
        verdict = "" if gate is None else "ok" if gate.is_met(ratio) else "NOT MET"
        values = [decimal(stage.metrics[name].value) for stage in stages]
        rows.append([name, *values, str(gate or ""), verdict])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _judge_one(item: Item, answer: Answer, result: UnitResult | None) -> Judged:
    judged = Judged(item, answer, right=answer.text == item.label)
    if item.task != COMPLETION:
        return judged
    if result is None:
        return replace(judged, right=False, why=refusal(answer.text) or "")
    return replace(judged, right=result.passes, compiles=result.compiles, why=result.why)


def _predictions(step: StepContext) -> dict[str, Path]:
    """Label of a stage -> its predictions; the model is the last."""
    labels: list[str] = list(step.config["stages"])
    if not labels or len(set(labels)) != len(labels):
        raise ToolError(f"'{step.target}' needs stages with different labels, not {labels}", "rename a stage")
    if step.config.get("model", labels[-1]) != labels[-1]:
        raise ToolError(f"'{step.target}': the model '{step.config['model']}' is not the last stage", "list it last")
    return {label: step.input(f"predictions/{index}") / "predictions.jsonl" for index, label in enumerate(labels)}


def _require_sets_of_suite(target: str, suite: Mapping[str, Any], sets: Mapping[str, Path]) -> None:
    named = {(one["name"], one["uid"]) for one in suite["sets"]}
    given = {(name, describe_set(name, directory)["uid"]) for name, directory in sets.items()}
    if named != given:
        raise ToolError(f"'{target}' was given other sets than its suite names", "judge with the sets of the suite")


def _require_separation_of_suite(target: str, suite: Mapping[str, Any], separation: Mapping[str, Any]) -> None:
    named = {(one["name"], one["uid"]) for one in suite["sets"]}
    if separation.get("schema") != SEPARATION or {(one["name"], one["uid"]) for one in separation["sealed"]} != named:
        raise ToolError(
            f"'{target}' was given a separation of other sets than its suite names", "judge with the sets of the suite"
        )


def _prediction(one: Judged) -> dict[str, Any]:
    document = {
        "id": one.item.id,
        "task": one.item.task,
        "template": one.item.template,
        "expected": one.item.label,
        "answer": one.answer.text,
        "confidence": decimal(one.answer.confidence, digits=6),
        "right": one.right,
    }
    if one.item.task == COMPLETION:
        document.update({"compiles": one.compiles, "passes": one.right, "why": one.why})
    return document


def _red_gates(target: str, red: Sequence[Gate], model: StageResult) -> str:
    lines = [f"'{target}': the model '{model.stage}' does not meet {len(red)} gate{'s' if len(red) > 1 else ''}"]
    for gate in red:
        ratio = model.metrics[gate.metric]
        value = f"{decimal(ratio.value)} ({ratio.numerator} of {ratio.denominator})"
        lines.append(f"  {gate.metric} is {value}, and must be {gate}")
    return "\n".join(lines)


SEPARATION = "pedigree.separation/1"
_GATE_HINT = "report.html beside report.json shows the mistakes; mend data or training, and leave the sealed set alone"


if __name__ == "__main__":
    run_tool(main)
