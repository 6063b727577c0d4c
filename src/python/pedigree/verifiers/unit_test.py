"""Does a program compile, and does its test pass? Programs come from a model: they are not trusted.

Hundreds of programs share one executable, and each test runs in a process of its own: without a C library, without
system calls (see `harness`), with limits on time, memory, files and processes. Undefined behaviour is a failure.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pedigree.step.errors import ToolError
from pedigree.verifiers.compiler import compile_units, settle
from pedigree.verifiers.grouping import plan_groups
from pedigree.verifiers.harness import READY, harness_source
from pedigree.verifiers.toolchain import STRICT, Target, clang, host_machine, run, target_flags, zig

CPU_SECONDS = 2
MEMORY = 256 << 20
STACK = 1 << 20
PATIENCE = 60
"""Seconds on the clock after which a test is ended that has used little processor time: on a machine that is stuck."""

_AT_ONCE = 8
_CODE = (
    "-O0",
    "-ftrivial-auto-var-init=pattern",
    "-fno-finite-loops",
    "-fno-pic",
    "-fno-stack-protector",
    "-fno-strict-aliasing",
    "-fno-asynchronous-unwind-tables",
)
_TRAPS = ("-fsanitize=undefined", "-fno-sanitize=function", "-fsanitize-trap=all")
_SIGNALS = {
    signal.SIGXCPU: "ran longer than its time",
    signal.SIGILL: "undefined behaviour", signal.SIGTRAP: "undefined behaviour",
    signal.SIGSEGV: "bad memory access", signal.SIGBUS: "bad memory access", signal.SIGFPE: "bad arithmetic",
    signal.SIGKILL: "ended for what it tried to do",
}  # fmt: skip


@dataclass(frozen=True)
class UnitResult:
    """What became of one program.

    Attributes:
        compiles: Whether it compiles with `-std=c11 -Wall -Wextra -Werror`.
        passes: Whether its `main` returned 0 within the limits.
        why: Why not; empty when it passes.
    """

    compiles: bool
    passes: bool
    why: str = ""


def run_units(units: Mapping[str, str]) -> dict[str, UnitResult]:
    """Compile programs and run their tests; each gets the verdict that it would get alone.

    Args:
        units: Name -> C source with a `main` that returns 0 iff its test passes. The memory functions of `string.h`
            are all of the C library that there is.
    """
    compiled = compile_units(units)
    good = {key: units[key] for key, result in compiled.items() if result.ok}
    verdicts = {key: UnitResult(False, False, result.messages[0]) for key, result in compiled.items() if not result.ok}
    with tempfile.TemporaryDirectory() as folder:
        groups, alone = plan_groups(good)
        for group in groups:
            done = _run_group(Path(folder), group, good)
            verdicts.update(done)
            alone += [key for key in group if key not in done]
        for key in alone:
            verdicts[key] = _run_alone(Path(folder), good[key])
    return {key: verdicts[key] for key in units}


def _run_group(folder: Path, group: Sequence[str], units: Mapping[str, str]) -> dict[str, UnitResult]:
    """Verdicts of the units that can share an executable; the others are left out."""
    object_file = folder / "group.o"
    together, _ = settle(group, units, lambda source: _compile(source, object_file, STRICT), Target.HOST)
    tests = [f"main_u{index}" for index in range(len(together))]
    program = folder / "group"
    if not together or _link(folder, object_file, tests, program) or not _loads(program):
        return {}
    return dict(zip(together, _run_tests(program, len(tests)), strict=True))


def _run_alone(folder: Path, source: str) -> UnitResult:
    object_file, program = folder / "alone.o", folder / "alone"
    if messages := _compile(source, object_file, ("-std=c11", "-w")):
        return UnitResult(True, False, f"cannot be made into a program: {messages.splitlines()[0].rpartition(': ')[2]}")
    if missing := _link(folder, object_file, ["main"], program):
        return UnitResult(True, False, missing)
    if not _loads(program):
        return UnitResult(True, False, "needs more memory than it may have")
    return _run_tests(program, 1)[0]


def _compile(source: str, object_file: Path, flags: Sequence[str]) -> str:
    return clang(["-c", *flags, *_CODE, *_TRAPS, *target_flags(Target.HOST), "-o", str(object_file)], source).stderr


def _link(folder: Path, object_file: Path, tests: list[str], program: Path) -> str:
    """Link an executable; returns what is missing, empty when nothing is."""
    harness = folder / "harness.o"
    flags = ["-c", "-O1", "-w", "-ffreestanding", "-fno-builtin", "-fno-stack-protector", "-fno-pic"]
    target = f"--target={host_machine()}-linux-musl"
    if messages := clang([*flags, target, "-o", str(harness)], harness_source(host_machine(), tests)).stderr:
        raise ToolError(f"the harness of unit tests does not compile: {messages[:300]}", "this is a fault of Pedigree")
    program.unlink(missing_ok=True)
    done = run([zig(), "ld.lld", "-static", "-z", "noexecstack", "-o", str(program), str(object_file), str(harness)])
    if done.returncode == 0:
        return ""
    symbols = sorted({line.rpartition(": ")[2] for line in done.stderr.splitlines() if "undefined symbol" in line})
    return f"uses what a program without a C library has not: {', '.join(symbols)}" if symbols else "does not link"


def _loads(program: Path) -> bool:
    process = _start(program, -1)
    return process is not None and process.wait(PATIENCE) == READY


def _run_tests(program: Path, count: int) -> list[UnitResult]:
    results = []
    for first in range(0, count, _AT_ONCE):
        processes = [_start(program, number) for number in range(first, min(first + _AT_ONCE, count))]
        results += [_verdict(process) for process in processes]
    return results


def _start(program: Path, number: int) -> subprocess.Popen[bytes] | None:
    """Start one test with nothing but its limits: no environment, no open file. None: the kernel will not load it."""
    try:
        return subprocess.Popen(
            [str(program), str(number)], env={}, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, close_fds=True, start_new_session=True, preexec_fn=_set_limits,
        )  # fmt: skip
    except OSError:
        return None


def _set_limits() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    for what, limit in (
        (resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_STACK, STACK),
        (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_NPROC, 0),
    ):  # fmt: skip
        resource.setrlimit(what, (limit, limit))


def _verdict(process: subprocess.Popen[bytes] | None) -> UnitResult:
    if process is None:
        return UnitResult(True, False, "needs more memory than it may have")
    try:
        status = process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        status = -signal.SIGXCPU
    if status == 0:
        return UnitResult(True, True)
    if status > 0:
        return UnitResult(True, False, "its test fails")
    return UnitResult(True, False, _SIGNALS.get(signal.Signals(-status), f"ended by {signal.Signals(-status).name}"))
