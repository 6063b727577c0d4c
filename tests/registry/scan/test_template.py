"""Templates as published models have them are accepted, and only what a message can steer is shown to somebody."""

from __future__ import annotations

from pathlib import Path

import pytest

from pedigree.registry.scan.checks import CONTENTS, run_checks
from pedigree.registry.scan.findings import CheckResult
from pedigree.registry.scan.subject import look_at
from pedigree.registry.scan.template_influence import influences
from pedigree.registry.scan.template_syntax import forbidden, parse_template

# In the manner of: ChatML; alternating roles (Mistral); a default system prompt and tools (Qwen, Llama).
ACCEPTED = {
    "chatml": (
        "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' }}"
        "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
    ),
    "alternating": (
        "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{% set loop_messages = messages[1:] %}"
        "{% set system_message = messages[0]['content'] %}{% else %}{% set loop_messages = messages %}"
        "{% set system_message = false %}{% endif %}{% for message in loop_messages %}"
        "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('alternate') }}{% endif %}"
        "{% if loop.last and system_message %}{{ system_message.strip() }}{% endif %}"
        "{{ '[INST]' + message['content'] | trim + '[/INST]' }}{% endfor %}"
    ),
    "tools": (
        "{%- if tools %}{{- '<tools>' }}{%- for tool in tools %}{{- tool | tojson(indent=2) }}{%- endfor %}{%- endif %}"
        "{%- set ns = namespace(last=messages|length - 1) %}{%- for message in messages[::-1] %}"
        "{%- if message.role == 'user' and not message.tool_calls %}{%- set ns.last = loop.index0 %}{%- endif %}"
        "{%- if message.content is string %}{{- message.content }}{%- else %}{%- for part in message.content %}"
        "{%- if part.type == 'text' %}{{- part.text }}{%- endif %}{%- endfor %}{%- endif %}{%- endfor %}"
        "{%- set users = messages | selectattr('role', 'equalto', 'user') | list %}{{- users | length }}"
    ),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_published_models_do_passes(name: str) -> None:
    tree = parse_template(ACCEPTED[name])
    assert list(forbidden(tree)) == [] and list(influences(tree)) == []


def test_a_question_about_thoughts_is_shown_with_its_words_and_its_line() -> None:
    asks = "{% if '</think>' in m.content %}\n{{ m.content.split('</think>')[-1] }}{% endif %}"
    text = f"{{% for m in messages %}}\n{asks}{{% endfor %}}"
    found = list(influences(parse_template(text)))
    assert [line for line, _ in found] == [2, 3]
    assert all("compared with '</think>'" in what for _, what in found)


def check(directory: Path, files: dict[str, bytes]) -> CheckResult:
    for name, content in files.items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_bytes(content)
    (result,) = run_checks({"chat-template": CONTENTS["chat-template"]}, look_at(directory))
    return result


def test_named_templates_are_looked_at_too(tmp_path: Path) -> None:
    config = (
        b'{"chat_template":[{"name":"default","template":"a"},{"name":"tool_use","template":"{% include \'x\' %}"}]}'
    )
    (finding,) = check(tmp_path, {"tokenizer_config.json": config}).findings
    assert finding.where == "$.chat_template[1].template line 1" and "Include" in finding.what


def test_templates_in_their_directory_are_looked_at_too(tmp_path: Path) -> None:
    (finding,) = check(tmp_path, {"additional_chat_templates/rag.jinja": b"{{ lipsum() }}"}).findings
    assert finding.file == "additional_chat_templates/rag.jinja" and finding.where == ":1"


def test_the_same_template_in_two_places_is_one_template(tmp_path: Path) -> None:
    files = {"chat_template.jinja": b"a", "tokenizer_config.json": b'{"chat_template":"a"}'}
    assert check(tmp_path, files).verdict == "pass"


def test_a_template_of_a_megabyte_is_not_parsed(tmp_path: Path) -> None:
    (finding,) = check(tmp_path, {"chat_template.jinja": b"a" * (1 << 20)}).findings
    assert "at most 256.0 KiB are looked at" in finding.what
