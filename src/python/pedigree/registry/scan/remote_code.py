"""Check `remote-code`: no configuration names code, or a place that something would be fetched from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pedigree.registry.scan.findings import Finding, refuse, review
from pedigree.registry.scan.subject import Subject, Unreadable
from pedigree.step.file_names import name_fault

CLAIM = "no configuration names code, or a file or host outside the model"

# Each is read by a loader that imports, downloads or runs what it names. docs/threats.md has the sources.
_CODE = {
    "_attn_implementation_internal": "a hub kernel to download and run",
    "_experts_implementation_internal": "a hub kernel to download and run",
    "_target_": "a Python callable that Hydra calls",
    "auto_map": "code to run when the model is loaded",
    "auto_mapping": "a Python module that PEFT imports",
    "custom_generate": "code to run when text is generated",
    "custom_pipelines": "code to run as a pipeline",
    "kernel_config": "hub kernels to download and run",
    "megatron_config": "a Python module that PEFT imports",
    "model_file": "a file with the code of the model",
    "trust_remote_code": "leave to run code that comes with a model",
    "use_kernels": "leave to download and run hub kernels",
}
# Values that loaders take for the name of a class or of an implementation of their own, unless they hold one of these.
_NAMES = re.compile(r".*(_class|_implementation|_type|^architectures|_method|^backend)$")
_ELSEWHERE = re.compile(r"--|/|\\|:")
_FILES = re.compile(r".*_(file|files|dir|path|weights)$")
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]*[A-Za-z0-9]")
_URL = re.compile(r"(https?|ftp|file|s3|gs|hf|git|git\+\w+|ssh|data)://|^data:", re.IGNORECASE)
# What a model's words are called, and where its own name stands: strings of no meaning to a loader.
_VOCABULARIES = {"tokenizer.json": ("$.model.vocab", "$.model.merges"), "vocab.json": ("$",)}
# Told of where a model came from; no loader that is given a directory goes there.
_NAMES_OF_MODELS = ("_name_or_path", "name_or_path", "base_model_name_or_path")
_TEMPLATES = ("chat_template", "template")  # the check `chat-template` looks into them
_SCHEMA = "schema"  # what a document says of itself, as ours do
_WORDS = ("additional_special_tokens", "content", "extra_special_tokens")
_DEEPEST = 100


def check_remote_code(subject: Subject) -> Iterator[Finding]:
    """Keys that name code, names of classes that lead into another repository, paths and URLs."""
    for file in subject.with_suffix(".json"):
        words = _VOCABULARIES.get(file.name.rpartition("/")[2], ())
        try:
            for where, keys, value in _settings(file.document, "$", (), words):
                yield from _setting_findings(file.name, where, keys, value)
        except Unreadable as error:
            yield refuse(file.name, f"cannot be searched for names of code: {error}")


def _settings(
    value: Any, where: str, keys: tuple[str, ...], words: tuple[str, ...], depth: int = 0
) -> Iterator[tuple[str, tuple[str, ...], Any]]:
    """Each place with the keys above it, the nearest one last, and its value; words of a vocabulary are left out."""
    if where in words:
        return
    if depth > _DEEPEST:
        raise Unreadable(f"is nested more than {_DEEPEST} deep")
    yield where, keys, value
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _settings(item, f"{where}.{name}", (*keys, name), words, depth + 1)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _settings(item, f"{where}[{index}]", keys, words, depth + 1)


def _setting_findings(file: str, where: str, keys: tuple[str, ...], value: Any) -> Iterator[Finding]:
    key = keys[-1] if keys else ""
    if key in _CODE and where.endswith(f".{key}") and value not in (None, False):
        yield refuse(file, f"has '{key}', which names {_CODE[key]}", where)
    if not isinstance(value, str):
        return
    if any(map(_NAMES.match, keys)) and _ELSEWHERE.search(value):
        yield refuse(file, f"'{value}' is not the name of something that a loader has", where)
    elif _FILES.match(key) and key not in _NAMES_OF_MODELS and value and name_fault(value):
        yield refuse(file, f"names the file '{value}', which {name_fault(value)}", where)
    elif _URL.search(value) and key not in _TEMPLATES:
        yield review(file, f"names a place elsewhere: '{value}'", where)
    elif _REPOSITORY.fullmatch(value) and key not in _NAMES_OF_MODELS and not _no_repository(file, key):
        yield review(file, f"names the repository '{value}'", where)


def _no_repository(file: str, key: str) -> bool:
    """Whether a value is a word of the tokenizer, or the name of a schema, which may look like a repository's."""
    return file.rpartition("/")[2] == "tokenizer.json" or key in (_SCHEMA, *_WORDS)
