"""Templates as published models have them are accepted, and only what a message can steer is shown to somebody."""

from __future__ import annotations

from pathlib import Path

import pytest

from pedigree.registry.scan.checks import CONTENTS, run_checks
from pedigree.registry.scan.findings import CheckResult
from pedigree.registry.scan.subject import look_at
from pedigree.registry.scan.template_influence import influences
from pedigree.registry.scan.template_syntax import clock_lines, forbidden, parse_template
from registry.scan.chat_templates import CLOCK, LLAMA31, NAMED, PUBLISHED

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


@pytest.mark.parametrize("name", PUBLISHED)
def test_templates_that_call_tools_and_cut_lists_and_texts_pass(name: str) -> None:
    tree = parse_template(PUBLISHED[name])
    assert (list(forbidden(tree)), list(clock_lines(tree)), list(influences(tree))) == ([], [], [])


def test_the_clock_and_a_tool_that_is_looked_up_by_its_name_are_shown(tmp_path: Path) -> None:
    text = LLAMA31.replace("CLOCK", CLOCK).replace("NAMED", NAMED)
    lines = text.splitlines()
    found = check(tmp_path, {"chat_template.jinja": text.encode()})
    places = {lines[int(finding.where[1:]) - 1].strip() for finding in found.findings}
    asked = "{%- if builtin_tools is defined and call.name in builtin_tools %}"
    assert found.verdict == "review" and places == {CLOCK, asked}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("{{ m.content[1:] }}{{ m.content[:9] }}{{ m.content[3] }}{{ (m.tool_calls | tojson)[:-1] }}", False),
        ("{{ m.content.split('\n')[-1] }}{{ m.content.split() | list }}", False),
        ("{% if m.content != '' %}Words.{% endif %}", False),
        ("{% if 'name' in m %}Words.{% endif %}", False),
        ("{% if m == messages[-1] %}Words.{% endif %}", False),
        ("{% if m.content | length > 9 %}{{ raise_exception('too long') }}{% endif %}", False),
        ("{% if m.content[3:] %}Words.{% endif %}", True),
        ("{% if m.content.split(' ')[3] %}Words.{% endif %}", True),
        ("{% set c = m.content[3:] %}{% if c %}Words.{% endif %}", True),
        ("{% set c = m.content[3:4] %}{{ c and 'Words.' }}", True),
        ("{{ m.content[8] | default('Words.') }}", True),
        ("{% if m.content[8:] != '' %}Words.{% endif %}", True),
        ("{% if 'name' in m.content %}Words.{% endif %}", True),
        ("{% for d in documents %}{% if 'name' in d %}Words.{% endif %}{% endfor %}", True),
        ("{% if m.content == 'name' %}{{ raise_exception('not so') }}{% endif %}", True),
        ("{% if m.content == messages[0].content %}Words.{% endif %}", True),
        ("{% if trigger_token in m.content %}Words.{% endif %}", True),
    ],
)
def test_to_cut_is_no_question_and_to_ask_what_was_cut_is_one(text: str, shown: bool) -> None:
    tree = parse_template(f"{{% for m in messages %}}{text}{{% endfor %}}")
    assert list(forbidden(tree)) == [] and bool(list(influences(tree))) == shown


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
