"""Which files a model may be made of: by their names, and those that cannot run code when they are loaded."""

from __future__ import annotations

from pathlib import PurePosixPath

from pedigree.step.file_names import name_fault

# `tokenizer.model` is missing on purpose: a protobuf with tables that nobody can read. `tokenizer.json`, which is what
# gets loaded here, says the same in words.
_ACCEPTED = (".jinja", ".json", ".md", ".safetensors", ".txt")
_TEXTS = ("LICENSE", "NOTICE")

REFUSAL = f"only {', '.join(_ACCEPTED)} files are accepted; others can run code when loaded"


def is_accepted(name: str) -> bool:
    """Whether a file of this name may be a part of a model.

    >>> is_accepted("model.safetensors"), is_accepted("pytorch_model.bin")
    (True, False)
    """
    path = PurePosixPath(name)
    return path.suffix in _ACCEPTED or path.name in _TEXTS


def file_fault(name: str) -> str:
    """What is wrong with the name of a model's file, as a path or as a format; empty when nothing is.

    >>> file_fault("../model.safetensors")
    'leads out of the directory'
    """
    return name_fault(name) or ("" if is_accepted(name) else REFUSAL)
