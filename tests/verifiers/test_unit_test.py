"""Programs of a model: good ones pass, and the others fail without harm."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from pedigree.verifiers.completion import fill, refusal
from pedigree.verifiers.unit_test import CPU_SECONDS, UnitResult, run_units

UNIT = """#include <stdint.h>
static uint32_t set_field(uint32_t reg, uint32_t value)
{
    uint32_t result = 0U;
    (void)reg;
    (void)value;
    @@MASK@@
    return result;
}
int main(void)
{
    int wrong = 0;
    for (uint32_t i = 0U; i < 16U; i++)
    {
        if (set_field(0xFFFF00FFU, i) != (0xFFFF00FFU | (i << 8U))) { wrong++; }
    }
    return wrong;
}
"""
GOOD = "result = reg | (value << 8U);"
WRONG = "result = reg | (value << 9U);"


def judge(completion: str) -> UnitResult:
    return run_units({"one": fill(UNIT, completion)})["one"]


def test_a_right_completion_passes_and_a_wrong_one_compiles() -> None:
    results = run_units({"good": fill(UNIT, GOOD), "wrong": fill(UNIT, WRONG), "broken": fill(UNIT, "result = ref;")})
    assert results["good"] == UnitResult(True, True)
    assert results["wrong"] == UnitResult(True, False, "its test fails")
    assert not results["broken"].compiles
    assert results["broken"].why.startswith("7:14: use of undeclared identifier 'ref'")


def test_hundreds_get_their_own_verdicts() -> None:
    completions = [GOOD, WRONG, "result = valeu;"]
    results = run_units({f"{index}": fill(UNIT, completions[index % 3]) for index in range(90)})
    assert [results[f"{index}"].passes for index in range(90)] == [index % 3 == 0 for index in range(90)]
    assert [results[f"{index}"].compiles for index in range(90)] == [index % 3 != 2 for index in range(90)]


@pytest.mark.parametrize(
    ("completion", "why"),
    [
        ("*(volatile uint32_t *)0 = reg;", "bad memory access"),
        ("result = ((uint32_t (*)(void))(uintptr_t)0x1000)();", "bad memory access"),
        ("volatile char b[9000000]; b[value] = 1; result = (uint32_t)b[3];", "bad memory access"),
        ("if (value < 99U) { result = set_field(reg, value) + 1U; }", "bad memory access"),
        ("static char big[500000000]; big[value] = 1; result = big[3];", "needs more memory than it may have"),
        ("result = reg << (value + 40U);", "undefined behaviour"),
        ("int32_t q = 2147483647; q += (int32_t)value + 1; result = (uint32_t)q;", "undefined behaviour"),
        ("uint32_t t[4] = {0}; result = t[value + 4U];", "undefined behaviour"),
        ("result = reg / (value - value);", "undefined behaviour"),
    ],
)
def test_a_hostile_completion_fails_and_its_neighbour_does_not(completion: str, why: str) -> None:
    results = run_units({"a": fill(UNIT, GOOD), "b": fill(UNIT, completion), "c": fill(UNIT, GOOD)})
    assert results["b"] == UnitResult(True, False, why)
    assert results["a"].passes and results["c"].passes


def test_endless_loops_are_ended_also_those_that_a_compiler_may_assume_to_end() -> None:
    start = time.monotonic()
    loops = {"for": "for (;;) { }", "while": "while (value < 100U) { result += reg; }"}
    results = run_units({name: fill(UNIT, loop) for name, loop in loops.items()})
    assert set(results.values()) == {UnitResult(True, False, "ran longer than its time")}
    assert time.monotonic() - start < 10 * CPU_SECONDS


@pytest.mark.parametrize("call", ["exit(0)", "fork()", "system(0)", "abort()"])
def test_there_is_no_c_library_to_call(call: str) -> None:
    assert not judge(f"{call};").compiles


def test_a_function_that_is_only_declared_does_not_link() -> None:
    result = judge("int fork(void); while (fork() >= 0) { }")
    assert result == UnitResult(True, False, "uses what a program without a C library has not: fork")


def test_a_program_cannot_reach_the_kernel_even_with_an_assembler(tmp_path: Path) -> None:
    """The second wall: the textual check refuses `__asm__`; without it, strict seccomp kills the process."""
    call = 'long r = 57; __asm__ volatile("syscall" : "+a"(r) : : "rcx", "r11", "memory"); result = (uint32_t)r;'
    assert refusal(call) is not None
    assert judge(call) == UnitResult(True, False, "ended for what it tried to do")


@pytest.mark.parametrize(
    "completion",
    ['#include "/etc/passwd"', "%:include <x>", "asm(1)", "__builtin_trap();", "__asm__", "f(", "}", "/* x", "x // y",
     "x; } int g(void) { return 0;", "a\nb", "'\"'", "??=", "\\", "é", "", "   ", "x" * 401, "extern int y; y = 1;",
     "main();", "_Pragma(x)"],
)  # fmt: skip
def test_what_is_not_one_expression_or_statement_is_refused(completion: str) -> None:
    assert refusal(completion) is not None


@pytest.mark.parametrize("completion", [GOOD, "(reg >> 8U) & 0xFFU", "if (a) { b = 'x'; }", "crc ^= (uint8_t)data[i];"])
def test_expressions_and_statements_are_not_refused(completion: str) -> None:
    assert refusal(completion) is None
