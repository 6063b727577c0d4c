from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from evaluation.small import judged, open_step, write_predictions, write_sets
from pedigree.evaluation import judge, suite
from pedigree.evaluation.selective import withhold
from pedigree.step.canonical import canonical_json, read_json
from pedigree.step.context import StepContext
from pedigree.step.errors import GateFailed, ToolError

BASE = {"r1": ("OK", "0.4"), "r2": ("OK", "0.4"), "r3": ("OK", "0.4"), "r4": ("OK", "0.4"), "c1": ("0", "0.1"),
        "c2": ("value value", "0.1")}  # fmt: skip
MODEL = {"r1": ("15.6", "0.95"), "r2": ("OK", "0.9"), "r3": ("ESCALATE", "0.7"), "r4": ("15.6", "0.6"),
         "c1": ("value % 256U", "0.8"), "c2": ("value & 0x0FU", "0.7")}  # fmt: skip
CONFIG = {"model": "after DPO", "stages": ["base model", "after DPO"], "abstain_below": "0"}
GATES = {"review_accuracy_among_answered": ">= 0.60", "review_escalation": ">= 1.0", "completion_passes": ">= 0.50",
         "completion_compiles": ">= 0.8"}  # fmt: skip


def prepare(root: Path, gates: Mapping[str, str] = GATES, model: Mapping[str, tuple[str, str]] = MODEL) -> StepContext:
    """The directory of a judging step, with a suite that the suite tool made."""
    write_sets(root)
    suite.main(open_step(root, {"gates": dict(gates), "metrics": ["review_coverage"]}))
    (root / "inputs/suite").mkdir()
    shutil.move(root / "outputs/suite.json", root / "inputs/suite/suite.json")
    (root / "inputs/separation").mkdir()
    trained = [{"name": "datasets.train", "uid": "sha256:d", "templates": 2, "records": 3}]
    sealed = read_json(root / "inputs/suite/suite.json")["sets"]
    separation = {"schema": judge.SEPARATION, "trained": trained, "sealed": sealed, "not_compared": ["models/base:b"]}
    (root / "inputs/separation/separation.json").write_bytes(canonical_json(separation))
    write_predictions(root, 0, BASE)
    write_predictions(root, 1, model)
    return open_step(root, CONFIG, target="evals/demo:eval")


def test_stages_stand_side_by_side_and_completions_are_judged_by_their_tests(tmp_path: Path) -> None:
    judge.main(prepare(tmp_path))
    report = read_json(tmp_path / "outputs/report.json")
    assert [stage["stage"] for stage in report["stages"]] == ["base model", "after DPO"]
    base, model = ({name: (it["numerator"], it["denominator"]) for name, it in stage["metrics"].items()}
                   for stage in report["stages"])  # fmt: skip
    assert base == {"review_accuracy_among_answered": (1, 4), "review_coverage": (3, 3), "review_escalation": (0, 1),
                    "completion_compiles": (0, 2), "completion_passes": (0, 2)}  # fmt: skip
    assert model == {"review_accuracy_among_answered": (2, 3), "review_coverage": (3, 3), "review_escalation": (1, 1),
                     "completion_compiles": (2, 2), "completion_passes": (1, 2)}  # fmt: skip
    assert report["passed"] is True
    assert report["confusion"]["7.1"] == {"15.6": 1}
    assert report["stages"][1]["metrics"]["review_accuracy_among_answered"]["value"] == "0.6667"
    assert report["risk_coverage"][-1] == {"coverage": "0.7500", "risk": "0.3333"}


def test_the_predictions_of_the_model_say_what_became_of_them(tmp_path: Path) -> None:
    judge.main(prepare(tmp_path))
    lines = (tmp_path / "outputs/predictions.jsonl").read_text().splitlines()
    assert len(lines) == 6
    assert any('"compiles":true' in line and '"why":"its test fails"' in line and '"id":"c2"' in line for line in lines)


def test_a_red_gate_names_metric_value_and_threshold_after_the_report_is_written(tmp_path: Path) -> None:
    step = prepare(tmp_path, gates={**GATES, "completion_passes": ">= 0.51"})
    with pytest.raises(GateFailed) as caught:
        judge.main(step)
    assert "completion_passes is 0.5000 (1 of 2), and must be >= 0.51" in str(caught.value)
    assert read_json(tmp_path / "outputs/report.json")["passed"] is False
    assert "a gate is not met" in (tmp_path / "outputs/report.html").read_text()


def test_the_tool_exits_3_at_a_red_gate_and_prints_the_table(tmp_path: Path) -> None:
    prepare(tmp_path, gates={"review_coverage": "<= 0.5"})
    done = subprocess.run(
        [sys.executable, "-m", "pedigree.evaluation.judge", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 3
    assert "review_coverage  1.0000      1.0000     <= 0.5  NOT MET" in done.stderr


def test_a_separation_of_other_sets_is_refused(tmp_path: Path) -> None:
    step = prepare(tmp_path)
    path = tmp_path / "inputs/separation/separation.json"
    path.write_bytes(canonical_json({**read_json(path), "sealed": []}))
    with pytest.raises(ToolError, match="a separation of other sets"):
        judge.main(step)


def test_the_same_inputs_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        judge.main(prepare(tmp_path / name))
    for name in ("report.json", "report.html", "predictions.jsonl"):
        assert (tmp_path / "one/outputs" / name).read_bytes() == (tmp_path / "two/outputs" / name).read_bytes()


def test_model_output_is_escaped_on_the_page_and_the_page_needs_no_network(tmp_path: Path) -> None:
    judge.main(prepare(tmp_path, {"review_coverage": ">= 0.1"}, {**MODEL, "r4": ("<script>alert(1)</script>", "0.9")}))
    page = (tmp_path / "outputs/report.html").read_text()
    assert "<script" not in page and "&lt;script&gt;" in page
    assert "http:" not in page and "https:" not in page and "url(" not in page


@pytest.mark.parametrize(
    ("model", "problem"),
    [
        ({key: MODEL[key] for key in MODEL if key != "c2"}, "leave out 1 of 6 items, first 'c2'"),
        ({**MODEL, "r9": ("OK", "0.5")}, "the item 'r9' is not in the suite"),
        ({**MODEL, "r1": ("OK", "1.5")}, "confidence '1.5' is not a probability"),
        ({**MODEL, "r1": ("OK", "sure")}, "confidence 'sure' is not a probability"),
        ({**MODEL, "r1": ("OK", "NaN")}, "confidence 'NaN' is not a probability"),
    ],
)
def test_predictions_that_do_not_fit_the_items_are_refused(
    tmp_path: Path, model: dict[str, tuple[str, str]], problem: str
) -> None:
    with pytest.raises(ToolError, match="stage 'after DPO'") as caught:
        judge.main(prepare(tmp_path, model=model))
    assert problem in caught.value.what


def test_an_answer_that_is_given_twice_is_refused(tmp_path: Path) -> None:
    step = prepare(tmp_path)
    path = tmp_path / "inputs/predictions/1/predictions.jsonl"
    path.write_bytes(path.read_bytes() * 2)
    with pytest.raises(ToolError, match="the item 'r1' is answered twice"):
        judge.main(step)


def test_sets_other_than_those_of_the_suite_are_refused(tmp_path: Path) -> None:
    step = prepare(tmp_path)
    document: dict[str, Any] = read_json(tmp_path / "inputs/suite/suite.json")
    document["sets"][0]["uid"] = "sha256:" + "0" * 64
    (tmp_path / "inputs/suite/suite.json").write_bytes(canonical_json(document))
    with pytest.raises(ToolError, match="other sets than its suite names"):
        judge.main(step)


def test_a_verdict_below_the_threshold_counts_as_an_abstention() -> None:
    given = [judged("OK", "15.6", "0.80"), judged("OK", "OK", "0.799999"), judged("ESCALATE", "OK", "0.1")]
    given.append(judged("x", "x", "0.1", task="completion"))
    after = withhold(given, Fraction("0.80"))
    assert [one.answer.text for one in after] == ["15.6", "ESCALATE", "ESCALATE", "x"]
    assert [one.right for one in after] == [False, False, True, True]
    assert after[1].answer.confidence == given[1].answer.confidence


def test_curves_and_calibration_are_of_the_answers_as_given(tmp_path: Path) -> None:
    reports = []
    for name, below in (("all", "0"), ("sure", "0.92")):
        step = prepare(tmp_path / name, GATES | {"review_coverage": ">= 0.1"}, MODEL)
        (step.root / "step.json").write_bytes(
            canonical_json({"target": "evals/demo:eval", "config": {**CONFIG, "abstain_below": below}})
        )
        with contextlib.suppress(GateFailed):
            judge.main(StepContext.load(step.root))
        reports.append(read_json(step.root / "outputs/report.json"))
    plain, strict = reports
    assert plain["risk_coverage"] == strict["risk_coverage"]
    assert plain["calibration"] == strict["calibration"]
    assert plain["stages"][-1]["metrics"] == strict["stages"][-1]["without_threshold"]
    assert plain["stages"][-1]["metrics"] != strict["stages"][-1]["metrics"]
