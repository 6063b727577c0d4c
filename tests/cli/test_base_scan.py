"""`pedigree base scan`: exit codes, and input of any kind without a traceback or a filled memory."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from pedigree.registry.scan.report import scan_base
from registry.scan.adapters import write_adapter, write_clean_probe
from registry.scan.models import write_model

_CALL = """
import argparse, importlib, sys
from pedigree.step.errors import ToolError
sys.modules.update(dict.fromkeys(filter(None, sys.argv[2].split(","))))
command = importlib.import_module("pedigree.cli." + sys.argv[1])
parser = argparse.ArgumentParser()
command.declare(parser)
call = parser.parse_args(sys.argv[3:])
try:
    sys.exit(call.run(call))
except ToolError as error:
    print(error, file=sys.stderr)
    sys.exit(2)
"""
GIB = 1 << 30


def pedigree(
    *arguments: str | Path, command: str = "base_scan", lacking: str = "", memory: int = 2 * GIB
) -> subprocess.CompletedProcess[bytes]:
    """A command in a process that gets so much memory and no more, and lacks a package."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    return subprocess.run(
        [sys.executable, "-c", _CALL, command, lacking, *map(str, arguments)],
        env=environment,
        capture_output=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (memory, memory)),
    )


def test_a_good_model_exits_with_0(tmp_path: Path) -> None:
    done = pedigree(write_model(tmp_path))
    assert done.returncode == 0 and done.stderr == b""
    assert done.stdout.decode().splitlines()[-1].endswith(": nothing was found.")


def test_a_bad_one_exits_with_1_and_says_where(tmp_path: Path) -> None:
    done = pedigree(write_model(tmp_path, {"evil.py": b"import os"}))
    assert done.returncode == 1 and b"\n  refuse  evil.py: only" in done.stdout
    assert done.stdout.decode().splitlines()[-1].endswith(": do not use it.")


def test_json_is_the_report(tmp_path: Path) -> None:
    model = write_model(tmp_path / "model")
    done = pedigree(model, "--against", model, "--announced", "1G", "--format", "json")
    assert done.returncode == 0 and done.stdout == scan_base(model, model).render()


@pytest.mark.parametrize("arguments", [[], ["missing"], [".", "--against", "missing"], [".", "--announced", "much"]])
def test_a_wrong_call_exits_with_2(arguments: list[str]) -> None:
    done = pedigree(*arguments)
    assert done.returncode == 2 and done.stdout == b"" and b"Traceback" not in done.stderr


NAMES = (
    *(
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
        "chat_template.jinja",
        "README.md",
    ),
    *("special_tokens_map.json", "vocab.json", "merges.txt", "added_tokens.json", "generation_config.json"),
    "model.safetensors.index.json",
)
MALFORMED = {
    "empty": b"",
    "truncated": b'{"model":{"vocab":{"a":',
    "not UTF-8": b'{"\xff\xfe":1}',
    "a list": b"[1]",
    "an object of null": b'{"model":null,"added_tokens":null,"chat_template":null,"weight_map":null}',
    "wrong types": b'{"model":{"vocab":3,"merges":7},"added_tokens":{"a":[]},"chat_template":[5],"weight_map":[],'
    b'"added_tokens_decoder":5,"additional_special_tokens":7,"eos_token":[],"eos_token_id":"x","vocab_size":"y"}',
    "wrong types inside": b'{"model":{"type":[],"vocab":{"a":1,"b":"c"},"merges":[[1]]},"normalizer":[],'
    b'"decoder":{"type":{}},'
    b'"chat_template":{"a":1},"weight_map":{"a":1},"added_tokens_decoder":{"x":{}},"added_tokens":[{"id":1}]}',
    "zeros": bytes(4096),
}


@pytest.mark.parametrize("kind", MALFORMED)
def test_malformed_input_is_refused_without_a_traceback(tmp_path: Path, kind: str) -> None:
    for name in NAMES:
        report = scan_base(write_model(tmp_path / name, {name: MALFORMED[kind]}))
        json.loads(report.render())
    done = pedigree(write_model(tmp_path / "all", dict.fromkeys(NAMES, MALFORMED[kind])))
    assert done.returncode == 1 and b"Traceback" not in done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_a_gigabyte_is_refused_within_a_gigabyte_of_memory(tmp_path: Path, name: str) -> None:
    model = write_model(tmp_path, {name: b"{"})
    with (model / name).open("r+b") as stream:
        stream.truncate(GIB)
    done = pedigree(model, memory=GIB)
    assert done.returncode == 1 and b"Traceback" not in done.stderr
    assert b"claims 1.0 GiB, of which the disk holds" in done.stdout


@pytest.mark.parametrize("command", ["base_scan", "base_scan_adapter"])
def test_a_pedigree_that_cannot_scan_says_which_one_can(tmp_path: Path, command: str) -> None:
    arguments = (tmp_path, *(("--base", tmp_path) if command == "base_scan_adapter" else ()))
    done = pedigree(*arguments, command=command, lacking="jinja2")
    assert done.returncode == 2 and b"lacks jinja2" in done.stderr and b"cli:reviewer" in done.stderr


def test_an_adapter_is_scanned_beside_its_base(tmp_path: Path) -> None:
    base = write_model(tmp_path / "base")
    adapter = write_adapter(tmp_path / "adapter", base)
    probe = write_clean_probe(tmp_path / "probe.json", adapter, base)
    done = pedigree(adapter, "--base", base, "--probe", probe, command="base_scan_adapter", memory=4 * GIB)
    assert done.returncode == 0, done.stdout + done.stderr
    assert b"pass    adapter-norms" in done.stdout
    unprobed = pedigree(adapter, "--base", base, "--format", "json", command="base_scan_adapter", memory=4 * GIB)
    assert unprobed.returncode == 1 and json.loads(unprobed.stdout)["verdict"] == "review"


@pytest.mark.parametrize("name", ["adapter_config.json", "adapter_model.safetensors"])
@pytest.mark.parametrize("kind", MALFORMED)
def test_a_malformed_adapter_is_refused_without_a_traceback(tmp_path: Path, kind: str, name: str) -> None:
    base = write_model(tmp_path / "base")
    adapter = write_adapter(tmp_path / "adapter", base)
    (adapter / name).write_bytes(MALFORMED[kind])
    done = pedigree(adapter, "--base", base, command="base_scan_adapter", memory=4 * GIB)
    assert done.returncode == 1 and b"Traceback" not in done.stderr
