"""What the process of a remote step says about the worker that ran it. Imports nothing of Pants.

The lines are written by the command around the tool, when the tool has ended.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from pedigree.build.errors import BuildError

_INTERPRETER = re.compile(r"([0-9a-f]{64}) (Python \d+\.\d+\.\S+)")
_ACCELERATOR = re.compile(r"([^,]+), ([^,]+), ([^,]+)")


@dataclass(frozen=True)
class Worker:
    """A worker, as far as a record tells.

    Attributes:
        interpreter: What the interpreter reports, `Python 3.11.2`.
        interpreter_sha256: Digest of its executable.
        accelerator: Name, driver and CUDA version, and how many there are; empty where none was asked for.
    """

    interpreter: str
    interpreter_sha256: str
    accelerator: Mapping[str, str] = field(default_factory=dict)


def read_worker(text: str, address: str) -> Worker:
    r"""Read what the command wrote.

    >>> read_worker("0" * 64 + " Python 3.11.2\nNVIDIA H200, 570.86.15, 12.8\n", "m").accelerator["driver"]
    '570.86.15'

    Raises:
        BuildError: It is not as the command writes it.
    """
    first, *others = text.splitlines() or [""]
    interpreter = _INTERPRETER.fullmatch(first)
    accelerators = [_ACCELERATOR.fullmatch(line) for line in others]
    if interpreter is None or None in accelerators:
        raise BuildError(
            f"target '{address}': the worker does not say what it is, but {text!r}",
            "look at `python3.11 --version` and `nvidia-smi` on the worker",
        )
    described: dict[str, str] = {}
    kinds = sorted({match.groups() for match in accelerators if match})
    if len(kinds) > 1:
        raise BuildError(
            f"target '{address}': the worker has accelerators of several kinds", "give a pool one kind of accelerator"
        )
    for name, driver, cuda in kinds:
        described = {"name": name, "driver": driver, "cuda": cuda, "count": str(len(others))}
    return Worker(interpreter[2], interpreter[1], described)
