"""Does a unit of C compile, without a warning, for the host or for a Cortex-M4?"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pedigree.verifiers.grouping import foreign_include, join_units, plan_groups
from pedigree.verifiers.toolchain import STRICT, Target, clang, target_flags

_DIAGNOSTIC = re.compile(r"^(?P<file>[^:\n]+):(?P<place>\d+:\d+): (?:fatal )?error: (?P<text>.*)$", re.MULTILINE)

Compile = Callable[[str], str]
"""Compiles one translation unit and returns the compiler's messages; empty when it is content."""


@dataclass(frozen=True)
class CompileResult:
    """What the compiler says of one unit.

    Attributes:
        ok: Whether it compiles without error or warning.
        messages: The errors as `line:column: text`; a path is never in them.
    """

    ok: bool
    messages: tuple[str, ...] = ()


def compile_unit(source: str, target: Target = Target.HOST) -> CompileResult:
    """Compile one unit with `-std=c11 -Wall -Wextra -Werror`; nothing is written."""
    return compile_units({"unit": source}, target)["unit"]


def compile_units(units: Mapping[str, str], target: Target = Target.HOST) -> dict[str, CompileResult]:
    """Compile many units; each gets the verdict that it would get alone.

    Args:
        units: Name -> C source. Sources may define the same names.
        target: What to compile for.
    """

    def check(source: str) -> str:
        return clang(["-fsyntax-only", *STRICT, *target_flags(target)], source).stderr

    results, groups, alone = {}, *plan_groups(units)
    for group in groups:
        good, suspects = settle(group, units, check, target)
        results.update({key: CompileResult(True) for key in good})
        alone += suspects
    for key in alone:
        results[key] = _compile_alone(units[key], check)
    return {key: results[key] for key in units}


def settle(
    group: Sequence[str], units: Mapping[str, str], check: Compile, target: Target
) -> tuple[list[str], list[str]]:
    """Part a group into units that compile together and those that have to be judged alone.

    A group is compiled, those that a diagnostic names are taken out, and again, until nothing is left to say.
    """
    good, suspects = list(group), []
    while good:
        messages = check(join_units([units[key] for key in good], target))
        if not messages:
            break
        named = {match["file"] for match in _DIAGNOSTIC.finditer(messages)}
        blamed = [key for index, key in enumerate(good) if f"u{index}" in named] or good
        suspects += blamed
        good = [key for key in good if key not in set(blamed)]
    return good, suspects


def diagnostics(messages: str) -> tuple[str, ...]:
    """The errors in what the compiler printed, as `line:column: text`."""
    found = tuple(f"{match['place']}: {match['text']}" for match in _DIAGNOSTIC.finditer(messages))
    return found or tuple(messages.strip().splitlines()[:1])


def _compile_alone(source: str, check: Compile) -> CompileResult:
    if include := foreign_include(source):
        return CompileResult(False, (f"refused: {include} is not a system header",))
    if messages := check(source):
        return CompileResult(False, diagnostics(messages))
    return CompileResult(True)
