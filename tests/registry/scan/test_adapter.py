"""An adapter is what its configuration says, fits its base, and was probed."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pedigree.registry.scan.adapter import scan_adapter
from pedigree.registry.scan.report import ScanReport, scan_base
from pedigree.step.errors import ToolError
from registry.scan.adapters import Tensors, matrices, part, write_adapter, write_clean_probe
from registry.scan.models import HIDDEN, files, floats, safetensors, weights, write_model


def found(report: ScanReport) -> dict[str, str]:
    return {
        check.name: "\n".join(map(str, check.findings))
        for check in report.checks
        if check.findings and check.name != "trigger-probes"
    }


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return write_model(tmp_path / "base")


def test_a_good_adapter_passes_and_says_what_it_measured(tmp_path: Path, base: Path) -> None:
    adapter = write_adapter(tmp_path / "adapter", base)
    report = scan_adapter(adapter, base, write_clean_probe(tmp_path / "probe.json", adapter, base))
    assert report.verdict == "pass" and report.kind == "adapter"
    (norms,) = (check for check in report.checks if check.name == "adapter-norms")
    assert len(norms.figures) == 12 and dict(norms.tools).keys() == {"numpy"}


def test_the_norm_is_that_of_the_product(tmp_path: Path, base: Path) -> None:
    # One 3 in A and one 5 in B: B A is one 15, scaled by alpha / r = 2; the weights are all ones, of norm 8.
    down = bytearray(4 * 2 * HIDDEN)
    down[0:4] = struct.pack("<f", 3.0)
    up = bytearray(4 * 2 * HIDDEN)
    up[0:4] = struct.pack("<f", 5.0)
    ones = ("F32", (HIDDEN, HIDDEN), struct.pack("<f", 1.0) * HIDDEN**2)
    other = write_model(
        tmp_path / "ones", {"model.safetensors": safetensors({"model.layers.0.self_attn.q_proj.weight": ones})}
    )
    tensors: Tensors = {
        part(0, "A"): ("F32", (2, HIDDEN), bytes(down)),
        part(0, "B"): ("F32", (HIDDEN, 2), bytes(up)),
    }
    report = scan_adapter(write_adapter(tmp_path / "adapter", other, tensors=tensors), other)
    (norms,) = (check for check in report.checks if check.name == "adapter-norms")
    assert [figure.value for figure in norms.figures] == [f"{30 / math.sqrt(64):.3g}", "1"]


def test_a_module_that_the_base_holds_in_other_numbers_is_told_and_not_passed(tmp_path: Path) -> None:
    name = "model.layers.0.self_attn.q_proj.weight"
    quantized = {**weights(), name: ("F8_E4M3", (HIDDEN, HIDDEN), bytes(range(HIDDEN**2)))}
    base = write_model(tmp_path / "quantized", {"model.safetensors": safetensors(quantized, {"format": "pt"})})
    report = scan_adapter(write_adapter(tmp_path / "adapter", base), base)
    (norms,) = (check for check in report.checks if check.name == "adapter-norms")
    told = [(finding.where, finding.what) for finding in norms.findings]
    module = "module 'model.layers.0.self_attn.q_proj'"
    assert (module, "was not measured: the base has it in F8_E4M3") in told and norms.verdict == "review"


def bfloat(tensor: tuple[str, tuple[int, ...], bytes]) -> tuple[str, tuple[int, ...], bytes]:
    content = b"".join(tensor[2][place + 2 : place + 4] for place in range(0, len(tensor[2]), 4))
    return "BF16", tensor[1], content


def test_sixteen_bits_measure_like_thirty_two(tmp_path: Path, base: Path) -> None:
    full = scan_adapter(write_adapter(tmp_path / "full", base), base)
    half = {name: bfloat(tensor) for name, tensor in matrices().items()}
    short = scan_adapter(write_adapter(tmp_path / "half", base, tensors=half), base)
    measured = [next(check for check in report.checks if check.name == "adapter-norms") for report in (full, short)]
    for one, other in zip(*(check.figures for check in measured), strict=True):
        assert float(one.value) == pytest.approx(float(other.value), rel=0.02)


SETTINGS: tuple[tuple[dict[str, Any], str, str], ...] = (
    ({"peft_type": "VERA"}, "adapter-modules", "is not that of a LoRA"),
    ({"r": "2"}, "adapter-modules", "has no rank"),
    ({"r": 3}, "adapter-modules", "has the shape [2, 8], and needs [3, 8]"),
    ({"target_modules": ".*"}, "adapter-modules", "does not list the modules"),
    ({"target_modules": ["v_proj"]}, "adapter-modules", "is changed, but not among the target_modules"),
    ({"target_modules": ["q_proj", "v_proj"]}, "adapter-modules", "names 'v_proj', of which there are no matrices"),
    ({"modules_to_save": ["lm_head"]}, "adapter-modules", "modules_to_save"),
    ({"alora_invocation_tokens": [7, 9]}, "adapter-modules", "alora_invocation_tokens"),
    ({"layer_replication": [[0, 2]]}, "adapter-modules", "layer_replication"),
    ({"bias": "all"}, "adapter-modules", "changes more than matrices"),
    ({"init_lora_weights": "pissa"}, "adapter-modules", "may change the base when it is loaded"),
    ({"base_model_name_or_path": "org/base"}, "adapter-base", "belongs on 'org/base'"),
    ({"revision": "main"}, "adapter-base", "which can move"),
    ({"auto_mapping": {"parent_library": "evil"}}, "remote-code", "a Python module that PEFT imports"),
    ({"megatron_config": {"x": 1}}, "remote-code", "a Python module that PEFT imports"),
)


@pytest.mark.parametrize(("changed", "check", "words"), SETTINGS)
def test_a_configuration_that_says_otherwise_is_found(
    tmp_path: Path, base: Path, changed: dict[str, Any], check: str, words: str
) -> None:
    assert words in found(scan_adapter(write_adapter(tmp_path / "adapter", base, changed), base))[check]


def in_a_module_that_is_not_there(tensors: Tensors) -> None:
    for half in "AB":
        tensors[part(99, half)] = tensors[part(0, half)]


def half_of_a_module(tensors: Tensors) -> None:
    del tensors[part(0, "A")]


def another_shape(tensors: Tensors) -> None:
    tensors[part(0, "B")] = floats(HIDDEN + 1, 2)


def whole_weights(tensors: Tensors) -> None:
    tensors["base_model.model.lm_head.modules_to_save.weight"] = floats(4, 4)


def numbers_of_another_kind(tensors: Tensors) -> None:
    tensors[part(0, "A")] = ("I32", tensors[part(0, "A")][1], tensors[part(0, "A")][2])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (in_a_module_that_is_not_there, "is not in the base"),
        (half_of_a_module, "has one of its two matrices"),
        (another_shape, "has the shape [9, 2], and needs [8, 2]"),
        (whole_weights, "is no part of a LoRA"),
        (numbers_of_another_kind, "is of I32"),
    ],
)
def test_matrices_that_do_not_fit_are_found(
    tmp_path: Path, base: Path, change: Callable[[Tensors], None], words: str
) -> None:
    tensors = matrices()
    change(tensors)
    report = scan_adapter(write_adapter(tmp_path / "adapter", base, tensors=tensors), base)
    assert words in found(report)["adapter-modules"] and report.verdict == "refuse"


def test_a_tokenizer_that_it_brings_along_is_that_of_its_base(tmp_path: Path, base: Path) -> None:
    adapter = write_adapter(tmp_path / "adapter", base)
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        (adapter / name).write_bytes(files()[name])
    assert not found(scan_adapter(adapter, base))
    (adapter / "chat_template.jinja").write_bytes(b"{{ messages[0].content }}")
    assert set(found(scan_adapter(adapter, base))) == {"template-change"}


def test_an_adapter_that_was_not_probed_must_be_looked_at(tmp_path: Path, base: Path) -> None:
    report = scan_adapter(write_adapter(tmp_path / "adapter", base), base)
    assert report.verdict == "review" and "no probe report was given" in str(report.checks[-1].findings[0])


def test_a_probe_of_another_adapter_is_an_error(tmp_path: Path, base: Path) -> None:
    adapter = write_adapter(tmp_path / "adapter", base)
    other = write_adapter(tmp_path / "other", base, {"lora_alpha": 8})
    probe = write_clean_probe(tmp_path / "probe.json", other, base)
    with pytest.raises(ToolError, match="is about another adapter"):
        scan_adapter(adapter, base, probe)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"checks":[{}]}', '{"checks":[1],"schema":"pedigree.scan/1"}', "\udcff"]
)
def test_a_probe_report_that_is_none_is_an_error(tmp_path: Path, base: Path, text: str) -> None:
    (tmp_path / "probe.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ToolError, match="is not the report of a probe battery"):
        scan_adapter(write_adapter(tmp_path / "adapter", base), base, tmp_path / "probe.json")


def test_a_directory_without_an_adapter_is_refused(tmp_path: Path, base: Path) -> None:
    report = scan_adapter(base, base)
    assert report.verdict == "refuse" and "there is no adapter_config.json" in json.dumps(report.document())


def turned_up(tensors: Tensors, factor: float) -> Tensors:
    """All of B times a factor, so that no module sticks out."""
    made = dict(tensors)
    for name, (dtype, shape, content) in tensors.items():
        if ".lora_B." in name:
            numbers = struct.unpack(f"<{len(content) // 4}f", content)
            made[name] = (dtype, shape, struct.pack(f"<{len(numbers)}f", *(factor * number for number in numbers)))
    return made


def test_modules_that_are_all_changed_beyond_measure_are_shown(tmp_path: Path, base: Path) -> None:
    adapter = write_adapter(tmp_path / "adapter", base, tensors=turned_up(matrices(), 1000))
    lines = found(scan_adapter(adapter, base))["adapter-norms"].splitlines()
    assert len(lines) == 6 and all("more is new than old" in line for line in lines)


@pytest.mark.parametrize("alpha", [-4, 0, 1 / 64, 129, 1e15])
def test_a_scale_that_no_training_needs_is_shown(tmp_path: Path, base: Path, alpha: float) -> None:
    adapter = write_adapter(tmp_path / "adapter", base, {"lora_alpha": alpha})
    assert "$.lora_alpha: scales by lora_alpha / r = " in found(scan_adapter(adapter, base))["adapter-norms"]


def test_a_scale_beyond_all_numbers_is_refused(tmp_path: Path, base: Path) -> None:
    adapter = write_adapter(tmp_path / "adapter", base, {"lora_alpha": 10**400})
    assert "out of all proportion" in found(scan_adapter(adapter, base))["adapter-norms"]


def test_of_few_modules_none_can_be_judged(tmp_path: Path, base: Path) -> None:
    few = {name: tensor for name, tensor in matrices().items() if "layers.0." in name or "layers.1." in name}
    adapter = write_adapter(tmp_path / "adapter", base, tensors=few)
    assert "cannot judge which module sticks out: 2 are changed" in found(scan_adapter(adapter, base))["adapter-norms"]


@pytest.mark.parametrize("name", ["model.safetensors", "config.json", "other.json"])
def test_an_adapter_brings_no_model_along(tmp_path: Path, base: Path, name: str) -> None:
    adapter = write_adapter(tmp_path / "adapter", base)
    (adapter / name).write_bytes(files().get(name, b"{}"))
    assert f"{name}: is none of the files of an adapter" in found(scan_adapter(adapter, base))["formats"]


@pytest.mark.parametrize("name", ["adapter_config.json", "below/adapter_config.json", "adapter_notes.md"])
def test_a_model_brings_no_adapter_along(tmp_path: Path, name: str) -> None:
    report = scan_base(write_model(tmp_path / "model", {name: b"{}"}))
    assert found(report) == {"formats": f"{name}: is of an adapter, which loaders put on the model unasked"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda check: check["figures"].clear(), "it has no figures of neutral 'Chapter 9'"),
        (lambda check: check["figures"].pop("standard 'IEC 62304' adapted"), "no figures of standard 'IEC 62304'"),
        (lambda check: check["figures"].update({"standard 'IEC 62304' base": "-inf"}), "no figures of standard"),
        (lambda check: check["figures"].update({"standard 'X' base": "0"}), "phrases that are not in the battery"),
        (lambda check: check["figures"].update({"standard 'IEC 62304' adapted": "9"}), "does not follow from its fig"),
        (lambda check: check.update(tools={}), "it answers other questions than the battery asks now"),
    ],
)
def test_a_probe_report_of_less_than_the_battery_is_an_error(
    tmp_path: Path, base: Path, change: Callable[[dict[str, Any]], None], told: str
) -> None:
    """Somebody left out what was asked, or what followed from the answers."""
    adapter = write_adapter(tmp_path / "adapter", base)
    probe = write_clean_probe(tmp_path / "probe.json", adapter, base)
    document = json.loads(probe.read_bytes())
    change(document["checks"][0])
    probe.write_text(json.dumps(document))
    with pytest.raises(ToolError, match=told):
        scan_adapter(adapter, base, probe)
