"""Configurations that make a loader import, download or run something: the weights may be as good as they like."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from attacks.replay import found_by, says, scan_without
from pedigree.registry.scan.report import scan_base
from registry.scan.models import safetensors, tokenizer, weights, write_model

CONFIG = {"model_type": "qwen2", "vocab_size": 262}
# File, settings, what is said of them.
CONFIGS: tuple[tuple[str, Any, str], ...] = (
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
    # latent-diffusion: instantiate_from_config imports what stands before the last dot.
    ("config.json", {"model": {"target": "os.system", "params": {"command": "id"}}}, "has 'target' with 'os.system'"),
    ("config.json", {"target": "evil.models.Net"}, "has 'target' with 'evil.models.Net'"),
    ("config.json", {"layers": [{"type": "evil.Head"}]}, "has 'type' with 'evil.Head'"),
    ("config.json", {"model": {"class_path": "evil.Net", "init_args": {}}}, "has 'class_path'"),
    ("config.json", {"model": {"_component_": "evil.net"}}, "has '_component_'"),
    ("config.json", {"preprocessing": "$__import__('os').system('id')"}, "is what MONAI evaluates as Python"),
    ("config.json", {"imports": ["$import evil"]}, "is what MONAI evaluates as Python"),
    ("config.json", {"state": {"py/reduce": [{"py/function": "os.system"}]}}, "has 'py/reduce'"),
    ("config.json", {"state": {"__module__": "os", "__class__": "system"}}, "has '__module__'"),
    ("config.json", {"hook": "subprocess.check_output"}, "is something of Python's that runs things"),
    ("config.json", {"activation_function": "evil.nn.Act"}, "has 'activation_function' with 'evil.nn.Act'"),
    ("2_Dense/config.json", {"activation_function": "evil.nn.Act"}, "has 'activation_function' with 'evil.nn.Act'"),
    (
        "config.json",
        {"sentence_transformers": {"activation_fn": "torch.hub.load"}},
        "has 'activation_fn' with 'torch.hub.load'",
    ),
    ("config.json", {"architectures": ["evil.modeling.Model"]}, "has 'architectures' with 'evil.modeling.Model'"),
    ("tokenizer_config.json", {"tokenizer_class": ["tokenization", "Tokenizer"]}, "has 'tokenizer_class' with a list"),
    ("tokenizer_config.json", {"tokenizer_class": "evil.Tokenizer"}, "has 'tokenizer_class' with 'evil.Tokenizer'"),
    ("tokenizer_config.json", {"auto_map": ["tokenization.Slow", "tokenization.Fast"]}, "has 'auto_map'"),
    ("tokenizer_config.json", {"auto_map": {"AutoTokenizer": ["tokenization.T", None]}}, "has 'auto_map'"),
    ("preprocessor_config.json", {"image_processor_type": "evil.P"}, "has 'image_processor_type' with 'evil.P'"),
    # sentence-transformers imports each type.
    ("modules.json", [{"idx": 0, "path": "", "type": "custom_st.Transformer"}], "has 'type' with 'custom_st."),
    ("modules.json", [{"idx": 0, "path": "", "type": "sentence_transformers.util.os.system"}], "has 'type' with"),
    ("modules.json", [{"idx": 0, "path": "", "type": "evil/repo--custom_st.Transformer"}], "a class in the code of"),
    ("config_sentence_transformers.json", {"model_args": {"trust_remote_code": True}}, "has 'trust_remote_code'"),
    # diffusers imports each library.
    ("model_index.json", {"unet": ["evil", "Net"]}, "has diffusers import 'evil'"),
    ("model_index.json", {"unet": ["diffusers", "utils.os.system"]}, "which is no class"),
    ("model_index.json", {"_class_name": ["pipeline", "Mine"]}, "has '_class_name' with a list"),
    ("modular_model_index.json", {"unet": [None, None, {"type_hint": ["evil", "Net"]}]}, "has diffusers import 'evil'"),
    # Keras imports each module, and a Lambda is code.
    ("config.json", {"class_name": "system", "module": "os", "config": {}}, "has Keras import 'os'"),
    ("config.json", {"class_name": "Net", "module": "evil", "config": {}}, "has Keras import 'evil'"),
    (
        "config.json",
        {"layers": [{"class_name": "get_file", "module": "keras.utils", "config": {}}]},  # CVE-2025-8747
        "has Keras import 'keras.utils'",
    ),
    ("config.json", {"class_name": "Lambda", "config": {"function": ["4wEA", None, None]}}, "make 'Lambda'"),
    ("config.json", {"class_name": "__lambda__", "config": {"value": "4wEA"}}, "make '__lambda__'"),
    ("config.json", {"layer": {"function_type": "lambda", "function": ["4wEA"]}}, "has 'function_type'"),
    ("config.json", {"class_name": "TorchModuleWrapper", "config": {}}, "make 'TorchModuleWrapper'"),  # CVE-2025-49655
    ("config.json", {"class_name": "TFSMLayer", "config": {"filepath": "x"}}, "make 'TFSMLayer'"),  # CVE-2026-1462
    (
        "config.json",
        {"class_name": "Net", "registered_name": "Evil>Net", "config": {}},
        "what others have registered as 'Evil>Net'",
    ),
)
# What weights say of themselves: FlexTok made its model by it.
METADATA: tuple[tuple[dict[str, str], str], ...] = (
    ({"config": '{"model": {"_target_": "os.system"}}'}, "$.__metadata__.config.model._target_: has '_target_'"),
    ({"config": "{'model': {'_target_': 'os.system', 'ok': None}}"}, "has '_target_', which names code, in what"),
    ({"_target_": "os.system"}, "$.__metadata__._target_: has '_target_'"),
    ({"target": "evil.Net"}, "has 'target' with 'evil.Net'"),
    ({"config": "[" * 200 + "]" * 200}, "nested more than 100 deep"),
)


def changed(name: str, settings: Any) -> dict[str, bytes | None]:
    document = {**CONFIG, **settings} if name == "config.json" else settings
    return {name: json.dumps(document).encode()}


@pytest.mark.parametrize(("name", "settings", "words"), CONFIGS)
def test_it_is_found_in_the_configuration(tmp_path: Path, name: str, settings: Any, words: str) -> None:
    report = scan_base(write_model(tmp_path, changed(name, settings)))
    assert found_by(report) == {"remote-code": "refuse"} and words in says(report, "remote-code")


@pytest.mark.parametrize(("name", "settings"), [config[:2] for config in CONFIGS])
def test_control_off_it_gets_through(tmp_path: Path, name: str, settings: Any) -> None:
    assert scan_without("remote-code", write_model(tmp_path, changed(name, settings))).verdict == "pass"


@pytest.mark.parametrize(("metadata", "words"), METADATA)
def test_it_is_found_in_what_weights_say_of_themselves(tmp_path: Path, metadata: dict[str, str], words: str) -> None:
    model = write_model(tmp_path, {"model.safetensors": safetensors(weights(), {"format": "pt", **metadata})})
    report = scan_base(model)
    assert found_by(report) == {"remote-code": "refuse"} and words in says(report, "remote-code")
    assert scan_without("remote-code", model).verdict == "pass"


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


def test_the_path_of_a_class_under_a_key_that_nobody_here_knows_is_a_matter_of_review(tmp_path: Path) -> None:
    report = scan_base(write_model(tmp_path, changed("config.json", {"head": "acme.models.Head"})))
    assert found_by(report) == {"remote-code": "review"}
    assert "$.head: names the Python class 'acme.models.Head'" in says(report, "remote-code")


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
