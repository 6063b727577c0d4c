"""Tokenizers that a loader may take in the place of `tokenizer.json`: there must be none that nobody looks at."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator

from pedigree.registry.scan.findings import Finding, refuse
from pedigree.registry.scan.subject import ModelFile, Subject, Unreadable
from pedigree.registry.scan.tokenizer_file import FILE

_SETTINGS = "tokenizer_config.json"
# transformers/tokenization_utils_base.py loads what these name, before or instead of `tokenizer.json`.
_NAMING = ("fast_tokenizer_files", "merges_file", "tokenizer_file", "vocab_file")
_VOCABULARIES = ("merges.txt", "vocab.json", "vocab.txt")


def other_tokenizers(subject: Subject) -> Iterator[Finding]:
    """Settings that name another tokenizer, and files that are one."""
    for file in subject.find(_SETTINGS):
        yield from _named(file)
    for name in subject.files:
        base = name.rpartition("/")[2]
        if fnmatch.fnmatchcase(base.lower(), "tokenizer*.json") and base != _SETTINGS and name != FILE:
            yield refuse(name, f"is a tokenizer besides {FILE}, and some loaders take it instead")
        if base.lower() in _VOCABULARIES and (FILE not in subject.files or name not in _VOCABULARIES):
            yield refuse(name, f"is a vocabulary without the {FILE} that says the same")


def _named(file: ModelFile) -> Iterator[Finding]:
    try:
        document = file.document
    except Unreadable as error:
        yield refuse(file.name, str(error))
        return
    for key in _NAMING:
        if isinstance(document, dict) and document.get(key) is not None:
            yield refuse(file.name, f"has loaders take another tokenizer: {document[key]!r}", f"$.{key}")
