"""Check `formats`: every file is what its name says, of a kind that cannot run, and nothing else besides."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from pedigree.registry.formats import REFUSAL, is_accepted
from pedigree.registry.scan.disguises import disguises, resembles
from pedigree.registry.scan.findings import Finding, refuse
from pedigree.registry.scan.subject import ModelFile, Subject, Unreadable

CLAIM = "every file is of an accepted format, and of no other besides"

# What an adapter brings along of a tokenizer is held against its base.
_OF_ADAPTERS = frozenset(
    "adapter_config.json adapter_model.safetensors added_tokens.json merges.txt special_tokens_map.json tokenizer.json "
    "tokenizer_config.json vocab.json vocab.txt LICENSE.txt NOTICE.txt".split()
)
_MOST_TEXT = 32 << 20
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


def check_formats(subject: Subject) -> Iterator[Finding]:
    """Files that are not accepted, are not what their names say, or are something else as well."""
    for file in subject.files.values():
        try:
            yield from _file_findings(file)
        except Unreadable as error:
            yield refuse(file.name, str(error))
        yield from _stranger(file.name, subject.adapter)
    if not subject.with_suffix(".safetensors"):
        yield refuse("", "there are no weights: no .safetensors file")


def _stranger(name: str, adapter: bool) -> Iterator[Finding]:
    """Files of an adapter in a model, which loaders would put on it unasked, and of a model in an adapter."""
    base = name.rpartition("/")[2].lower()
    if not adapter and base.startswith("adapter_"):
        yield refuse(name, "is of an adapter, which loaders put on the model unasked")
    if adapter and name not in _OF_ADAPTERS and not name.endswith((".md", ".jinja")):
        yield refuse(name, "is none of the files of an adapter")


def _file_findings(file: ModelFile) -> Iterator[Finding]:
    with file.open() as stream:
        likeness = resembles(stream)
        others = disguises(stream, file.size)
    if not is_accepted(file.name):
        yield refuse(file.name, f"{REFUSAL}{_like(likeness)}")
        return
    fault = _FAULTS.get(PurePosixPath(file.name).suffix, _text_fault)(file)
    if fault:
        yield refuse(file.name, f"{fault}{_like(likeness)}")
    for other in others:
        yield refuse(file.name, f"can be read as {other} too")


def _like(likeness: str) -> str:
    return f" (it looks like {likeness})" if likeness else ""


def _text_fault(file: ModelFile) -> str:
    try:
        text = file.read(_MOST_TEXT).decode()
    except UnicodeDecodeError:
        return "is not text in UTF-8"
    return "is text with control characters" if _CONTROLS.search(text) else ""


def _json_fault(file: ModelFile) -> str:
    try:
        _ = file.document
    except Unreadable as error:
        return str(error)
    return ""


def _nothing(_: ModelFile) -> str:
    return ""


# The check `weights` looks into safetensors.
_FAULTS = {".json": _json_fault, ".safetensors": _nothing}
