"""Weights beside the weights: empty ones, and ones that no loader asks for until a setting names them."""

from __future__ import annotations

import json
from pathlib import Path

from attacks.replay import found_by, says, scan_without
from pedigree.registry.scan.report import scan_base
from registry.scan.models import floats, safetensors, write_model

SPARE = safetensors({"spare": floats(2, 2)})


def test_weights_without_tensors_are_refused(tmp_path: Path) -> None:
    model = write_model(tmp_path, {"model.safetensors": safetensors({})})
    report = scan_base(model)
    assert found_by(report) == {"weights": "refuse"}
    assert "model.safetensors: holds no tensors" in says(report, "weights")
    assert scan_without("weights", model).verdict == "pass"


def test_weights_under_a_name_of_their_own_are_shown(tmp_path: Path) -> None:
    model = write_model(tmp_path, {"spare.safetensors": SPARE})
    report = scan_base(model)
    assert found_by(report) == {"weights": "review"}
    assert "spare.safetensors: is named by no index" in says(report, "weights")
    assert scan_without("weights", model).verdict == "pass"


def test_weights_that_an_index_names_or_loaders_look_for_pass(tmp_path: Path) -> None:
    one, two = safetensors({"one": floats(2, 2)}), safetensors({"two": floats(2, 2)})
    index = {"weight_map": {"one": "first.safetensors", "two": "model-00002-of-00002.safetensors"}}
    files = {"model.safetensors": None, "first.safetensors": one, "model-00002-of-00002.safetensors": two}
    model = write_model(tmp_path, {**files, "model.safetensors.index.json": json.dumps(index).encode()})
    assert scan_base(model).verdict == "pass"
