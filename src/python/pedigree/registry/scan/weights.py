"""Check `weights`: safetensors that every reader understands alike, and an index that says what they hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pedigree.registry.safetensors import MalformedWeights, Tensor, read_tensors
from pedigree.registry.scan.disguises import resembles
from pedigree.registry.scan.findings import Finding, refuse, review
from pedigree.registry.scan.subject import ModelFile, Subject, Unreadable
from pedigree.step.file_names import name_fault

CLAIM = "the weights are safetensors whose header accounts for every byte"

_INDEX = ".safetensors.index.json"
_DEFAULT = re.compile(r"(adapter_)?model(-\d{5}-of-\d{5})?\.safetensors")


def check_weights(subject: Subject) -> Iterator[Finding]:
    """Files whose header is not strictly right, tensors that two files hold, and an index that says otherwise."""
    held: dict[str, str] = {}
    for file in subject.with_suffix(".safetensors"):
        try:
            tensors = tensors_of(file)
        except (MalformedWeights, Unreadable) as error:
            yield refuse(file.name, f"{error}{_likeness(file)}")
            continue
        if not tensors:
            yield refuse(file.name, "holds no tensors")
        for tensor in tensors:
            if tensor.name in held:
                yield refuse(file.name, f"holds the tensor '{tensor.name}', which {held[tensor.name]} holds too")
            held[tensor.name] = file.name
    for index in subject.with_suffix(_INDEX):
        yield from _index_findings(index, held)
    yield from _unreached(subject)


def _unreached(subject: Subject) -> Iterator[Finding]:
    """Weights that no loader asks for: by their names, or by that of an index."""
    named: set[str] = set()
    for index in subject.with_suffix(_INDEX):
        folder = index.name.rpartition("/")[0]
        named |= {f"{folder}/{name}" if folder else name for name in _files_of(index)}
    for file in subject.with_suffix(".safetensors"):
        if file.name not in named and not _DEFAULT.fullmatch(file.name.rpartition("/")[2]):
            yield review(file.name, "is named by no index, and has no name that loaders look for")


def _files_of(index: ModelFile) -> set[str]:
    """The files that an index names; none when it is no index, of which `_index_findings` tells."""
    try:
        document: Any = index.document
    except Unreadable:
        return set()
    named = document.get("weight_map") if isinstance(document, dict) else None
    return {name for name in named.values() if isinstance(name, str)} if isinstance(named, dict) else set()


def tensors_of(file: ModelFile) -> list[Tensor]:
    """The tensors of a file.

    Raises:
        MalformedWeights: Its header is not strictly right.
        Unreadable: It cannot be opened.
    """
    with file.open() as stream:
        return read_tensors(stream, file.size)


def _likeness(file: ModelFile) -> str:
    try:
        with file.open() as stream:
            likeness = resembles(stream)
    except Unreadable:
        return ""
    return f" (it looks like {likeness})" if likeness else ""


def _index_findings(index: ModelFile, held: dict[str, str]) -> Iterator[Finding]:
    try:
        document: Any = index.document
    except Unreadable as error:
        yield refuse(index.name, str(error))
        return
    named = document.get("weight_map") if isinstance(document, dict) else None
    if not isinstance(named, dict) or not all(isinstance(name, str) for name in named.values()):
        yield refuse(index.name, "does not say which file holds which tensor", "$.weight_map")
        return
    for name in sorted(set(named.values())):
        if name_fault(name):
            yield refuse(index.name, f"names the file '{name}', which {name_fault(name)}", "$.weight_map")
    folder = index.name.rpartition("/")[0]
    for tensor in sorted(named.keys() | held.keys()):
        said = f"{folder}/{named[tensor]}" if folder and tensor in named else named.get(tensor)
        if said != held.get(tensor):
            yield refuse(index.name, f"tensor '{tensor}' is in {held.get(tensor)}, not in {said}", "$.weight_map")
