"""How addresses are written. Imports nothing of Pants."""

from __future__ import annotations


def short(spec: str) -> str:
    """An address as people write it: without the target's name where it is that of the directory.

    >>> short("models/embedded-fw-c:embedded-fw-c"), short("models/embedded-fw-c:sft"), short("//:docs")
    ('models/embedded-fw-c', 'models/embedded-fw-c:sft', '//:docs')
    """
    directory, _, name = spec.partition(":")
    return directory if directory.rpartition("/")[2] == name else spec
