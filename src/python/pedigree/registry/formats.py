"""Which files a model may be made of: those that cannot run code when they are loaded."""

from __future__ import annotations

from pathlib import PurePosixPath

_ACCEPTED = (".jinja", ".json", ".safetensors", ".txt")

REFUSAL = f"only {', '.join(_ACCEPTED)} files are accepted; others can run code when loaded"


def is_accepted(name: str) -> bool:
    """Whether a file of this name may be a part of a model.

    >>> is_accepted("model.safetensors"), is_accepted("pytorch_model.bin")
    (True, False)
    """
    return PurePosixPath(name).suffix in _ACCEPTED
