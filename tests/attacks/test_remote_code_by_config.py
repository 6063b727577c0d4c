"""Configurations that make a loader import, download or run something: the weights may be as good as they like."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from attacks.replay import found_by, says, scan_without
from pedigree.registry.scan.report import scan_base
from registry.scan.models import tokenizer, write_model

CONFIG = {"model_type": "qwen2", "vocab_size": 262}
# File, settings, what is said of them.
CONFIGS: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("config.json", {"auto_map": {"AutoModel": "modeling.Model"}}, "has 'auto_map'"),
    ("config.json", {"text_config": [{"auto_map": {}}]}, "$.text_config[0].auto_map: has 'auto_map'"),
    ("config.json", {"trust_remote_code": True}, "has 'trust_remote_code'"),  # CVE-2026-5241
    (
        "config.json",
        {"_attn_implementation_internal": "evil/kernel"},
        "has '_attn_implementation_internal'",
    ),  # CVE-2026-4372
    ("config.json", {"attn_implementation": "evil/kernel"}, "'evil/kernel' is not the name of something"),
    ("config.json", {"attn_implementation": {"": "evil/kernel"}}, "'evil/kernel' is not the name of something"),
    ("config.json", {"_attn_implementation": {"text_config": ["evil/kernel"]}}, "'evil/kernel' is not the name of"),
    ("config.json", {"model_file": "model.py"}, "has 'model_file'"),
    ("config.json", {"_target_": "os.system"}, "has '_target_'"),
    ("config.json", {"custom_pipelines": {"x": {"impl": "p.P"}}}, "has 'custom_pipelines'"),
    ("config.json", {"tokenizer_class": "evil/repo--tokenizer.T"}, "is not the name of something"),
    ("config.json", {"architectures": ["evil/repo--modeling.Model"]}, "is not the name of something"),
    ("config.json", {"quantization_config": {"quant_method": "evil/repo"}}, "is not the name of something"),
    ("config.json", {"transformers_weights": "../../other.safetensors"}, "leads out of the directory"),
    ("generation_config.json", {"custom_generate": "evil/repo"}, "has 'custom_generate'"),
    ("processor_config.json", {"template_file": "/etc/passwd"}, "leads out of the directory"),
    ("processor_config.json", {"auto_map": {"AutoProcessor": "p.P"}}, "has 'auto_map'"),
    ("sub/config.json", {"auto_map": {"AutoModel": "m.M"}}, "has 'auto_map'"),
    ("config.json", {"auto_mapping": {"parent_library": "evil"}}, "has 'auto_mapping'"),
)


def changed(name: str, settings: dict[str, Any]) -> dict[str, bytes | None]:
    return {name: json.dumps({**(CONFIG if name == "config.json" else {}), **settings}).encode()}


@pytest.mark.parametrize(("name", "settings", "words"), CONFIGS)
def test_it_is_found_in_the_configuration(tmp_path: Path, name: str, settings: dict[str, Any], words: str) -> None:
    report = scan_base(write_model(tmp_path, changed(name, settings)))
    assert found_by(report) == {"remote-code": "refuse"} and words in says(report, "remote-code")


@pytest.mark.parametrize(("name", "settings"), [config[:2] for config in CONFIGS])
def test_control_off_it_gets_through(tmp_path: Path, name: str, settings: dict[str, Any]) -> None:
    assert scan_without("remote-code", write_model(tmp_path, changed(name, settings))).verdict == "pass"


def test_a_place_elsewhere_is_a_matter_of_review(tmp_path: Path) -> None:
    report = scan_base(write_model(tmp_path, changed("config.json", {"docs": "https://example.org/model"})))
    assert found_by(report) == {"remote-code": "review"}


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("config.json", {"backbone": "evil/repo", "use_pretrained_backbone": True}),
        ("config.json", {"mm_vision_tower": "evil/clip-336"}),
        ("config.json", {"speculative_config": {"model": "evil/draft"}}),
        ("processor_config.json", {"audio_tokenizer": {"audio_tokenizer_name_or_path": "evil/repo"}}),
    ],
)
def test_the_name_of_another_repository_is_a_matter_of_review(
    tmp_path: Path, name: str, settings: dict[str, Any]
) -> None:
    report = scan_base(write_model(tmp_path, changed(name, settings)))
    assert found_by(report) == {"remote-code": "review"} and "names the repository 'evil/" in says(
        report, "remote-code"
    )


def test_the_schema_of_a_document_is_no_repository(tmp_path: Path) -> None:
    assert scan_base(write_model(tmp_path, {"corpus.json": b'{"schema":"pedigree.manifest/1"}'})).verdict == "pass"


def test_words_of_a_vocabulary_are_no_settings(tmp_path: Path) -> None:
    document = tokenizer()
    for number, word in enumerate(("auto_map", "_target_", "https://x", "trust_remote_code")):
        document["model"]["vocab"][word] = 262 + number
    config = json.dumps({"vocab_size": 300}).encode()
    files = {"tokenizer.json": json.dumps(document).encode(), "config.json": config}
    assert scan_base(write_model(tmp_path, files)).verdict == "pass"


def test_settings_beside_the_vocabulary_are_settings(tmp_path: Path) -> None:
    document = {**tokenizer(), "auto_map": {"AutoTokenizer": "t.T"}}
    report = scan_base(write_model(tmp_path, {"tokenizer.json": json.dumps(document).encode()}))
    assert found_by(report)["remote-code"] == "refuse"


def test_what_is_switched_off_is_off(tmp_path: Path) -> None:
    settings = {"trust_remote_code": False, "auto_map": None, "attn_implementation": "eager", "_name_or_path": "org/m"}
    assert scan_base(write_model(tmp_path, changed("config.json", settings))).verdict == "pass"


def test_a_thousand_levels_are_refused(tmp_path: Path) -> None:
    deep = b'{"a":' * 900 + b"{}" + b"}" * 900
    report = scan_base(write_model(tmp_path, {"deep.json": deep}))
    assert "nested more than 100 deep" in says(report, "remote-code")
