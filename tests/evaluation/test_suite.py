from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from evaluation.small import SETS, open_step, review_records, write_set, write_sets
from pedigree.evaluation import suite
from pedigree.step.canonical import read_json
from pedigree.step.errors import ToolError

CONFIG: dict[str, Any] = {"gates": {"review_coverage": ">= 0.80"}, "metrics": ["completion_passes"]}


def test_a_suite_remembers_sets_by_content_and_measures_what_its_gates_need(tmp_path: Path) -> None:
    write_sets(tmp_path)
    suite.main(open_step(tmp_path, CONFIG))
    document = read_json(tmp_path / "outputs/suite.json")
    assert [one["name"] for one in document["sets"]] == sorted(SETS)
    assert [one["count"] for one in document["sets"]] == [2, 4]
    assert document["metrics"] == ["completion_passes", "review_coverage"]
    assert document["gates"] == [{"metric": "review_coverage", "comparison": ">=", "threshold": "0.80"}]


def test_a_set_that_is_not_sealed_is_refused(tmp_path: Path) -> None:
    write_set(tmp_path / "inputs/sets/open", review_records(), "review", sealed=False)
    with pytest.raises(ToolError, match="set 'open' of the suite is not sealed"):
        suite.main(open_step(tmp_path, CONFIG))


def test_a_set_that_is_not_what_its_manifest_says_is_refused(tmp_path: Path) -> None:
    write_sets(tmp_path)
    with (tmp_path / "inputs/sets" / SETS[0] / "records.jsonl").open("a") as stream:
        stream.write("\n")
    with pytest.raises(ToolError, match="holds other records than its manifest says"):
        suite.main(open_step(tmp_path, CONFIG))


def test_a_metric_of_a_task_that_no_set_has_is_refused(tmp_path: Path) -> None:
    write_set(tmp_path / "inputs/sets/review", review_records(), "review")
    with pytest.raises(ToolError, match="counts completion items, and no set has any"):
        suite.main(open_step(tmp_path, CONFIG))


def test_an_id_that_occurs_twice_is_refused(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_set(tmp_path / "inputs/sets" / name, review_records(), "review")
    with pytest.raises(ToolError, match="two/records.jsonl:1: the id 'r1' occurs twice"):
        suite.main(open_step(tmp_path, {"gates": {}, "metrics": ["review_coverage"]}))


@pytest.mark.parametrize("config", [{"gates": {}, "metrics": []}, {"gates": {"bleu": ">= 0.1"}, "metrics": []},
                                    {"gates": {}, "metrics": ["bleu"]}])  # fmt: skip
def test_a_suite_that_measures_nothing_known_is_refused(tmp_path: Path, config: dict[str, Any]) -> None:
    write_sets(tmp_path)
    with pytest.raises(ToolError):
        suite.main(open_step(tmp_path, config))
