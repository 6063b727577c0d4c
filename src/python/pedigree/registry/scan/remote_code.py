"""Check `remote-code`: no configuration names code, or a place that something would be fetched from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pedigree.registry.safetensors import MalformedWeights, read_metadata
from pedigree.registry.scan.code_names import code_faults, mentions_code, names_python
from pedigree.registry.scan.findings import Finding, refuse, review
from pedigree.registry.scan.keras_objects import keras_faults
from pedigree.registry.scan.pipeline_parts import part_faults
from pedigree.registry.scan.subject import ModelFile, Subject, Unreadable
from pedigree.step.canonical import MalformedJson, parse_json
from pedigree.step.file_names import name_fault

CLAIM = "no configuration names code, or a file or host outside the model"

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
_NAMED_WORDS = (("extra_special_tokens",), ("chat_template",))  # objects of them, by names that the model chose
_DEEPEST = 100


def check_remote_code(subject: Subject) -> Iterator[Finding]:
    """Settings that name code, names of classes that lead into another repository, paths and URLs."""
    for file in subject.with_suffix(".safetensors"):
        yield from _metadata_findings(file)
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
    for fault in _code_faults(file, where, keys, value):
        yield refuse(file, fault, where)
    if not isinstance(value, str):
        return
    if any(map(_NAMES.match, keys)) and _ELSEWHERE.search(value):
        yield refuse(file, f"'{value}' is not the name of something that a loader has", where)
    elif _FILES.match(key) and key not in _NAMES_OF_MODELS and value and name_fault(value):
        yield refuse(file, f"names the file '{value}', which {name_fault(value)}", where)
    elif names_python(value) and not _is_word(file, keys):
        yield review(file, f"names the Python class '{value}'", where)
    elif _URL.search(value) and key not in _TEMPLATES:
        yield review(file, f"names a place elsewhere: '{value}'", where)
    elif _REPOSITORY.fullmatch(value) and key not in _NAMES_OF_MODELS and not _no_repository(file, key):
        yield review(file, f"names the repository '{value}'", where)


def _code_faults(file: str, where: str, keys: tuple[str, ...], value: Any) -> Iterator[str]:
    direct = bool(keys) and where.endswith(f".{keys[-1]}")
    yield from code_faults(keys, direct, value, _is_word(file, keys))
    yield from keras_faults(value)
    yield from part_faults(file, keys, value)


def _is_word(file: str, keys: tuple[str, ...]) -> bool:
    """Whether a text is one that the model reads or writes, and no setting."""
    key = keys[-1] if keys else ""
    named = key in (*_WORDS, *_TEMPLATES) or key.endswith("_token") or keys[-2:-1] in _NAMED_WORDS
    return named or file.rpartition("/")[2] in _VOCABULARIES


def _metadata_findings(file: ModelFile) -> Iterator[Finding]:
    """What weights say of themselves: there are loaders that make the model by it."""
    try:
        with file.open() as stream:
            metadata = read_metadata(stream, file.size)
    except (MalformedWeights, Unreadable):
        return  # the check `weights` tells
    for name, text in sorted(metadata.items()):
        where = f"$.__metadata__.{name}"
        try:
            document: Any = parse_json(text, "it")
        except MalformedJson:
            document = text
            if key := mentions_code(text):
                yield refuse(file.name, f"has '{key}', which names code, in what loaders may read as Python", where)
        try:
            for place, keys, value in _settings(document, where, (name,), ()):
                for fault in _code_faults(file.name, place, keys, value):
                    yield refuse(file.name, fault, place)
        except Unreadable as error:
            yield refuse(file.name, str(error), where)


def _no_repository(file: str, key: str) -> bool:
    """Whether a value is a word of the tokenizer, or the name of a schema, which may look like a repository's."""
    return file.rpartition("/")[2] == "tokenizer.json" or key in (_SCHEMA, *_WORDS)
