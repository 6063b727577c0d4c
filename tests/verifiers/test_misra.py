"""The verdicts of cppcheck 2.22 with its misra addon; each snippet breaks the rule that it is listed under."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from pedigree.verifiers.misra import UNPARSED, Finding, analyse, broken_rules
from pedigree.verifiers.toolchain import cppcheck_directory

INCLUDES = "#include <stdbool.h>\n#include <stdint.h>\n"


def function(body: str, before: str = "") -> str:
    return f"{INCLUDES}{before}static uint32_t f(uint32_t a, uint32_t b)\n{{\n{body}\n}}\n"


SNIPPETS: dict[str, str] = {
    "OK": function("    uint32_t r = a;\n    if (b > 3U)\n    {\n        r = a + b;\n    }\n    return r;"),
    "2.3": function("    return a + b;", "typedef uint32_t unused_t;\n"),
    "2.7": function("    return a;"),
    "7.2": function("    return a + b + 0x80000000;"),
    "7.3": function("    const uint64_t c = 10ul;\n    return a + b + (uint32_t)c;"),
    "12.1": function("    return a + b << 2U;"),
    "12.3": function("    const uint32_t x = 1U, y = 2U;\n    return a + b + x + y;"),
    "13.3": function("    uint32_t i = a;\n    const uint32_t c = i++ + b;\n    return i + c;"),
    "13.4": function("    uint32_t c;\n    uint32_t r = 0U;\n    if ((c = a) != 0U)\n    {\n        r = c;\n    }\n"
                     "    return r + b;"),
    "14.4": function("    uint32_t c = a;\n    if (b)\n    {\n        c = b;\n    }\n    return c;"),
    "15.1": function("    uint32_t r = b;\n    if (a > b)\n    {\n        goto end;\n    }\n"
                     "    r = a;\nend:\n    return r;"),
    "15.5": function("    if (a > b)\n    {\n        return b;\n    }\n    return a;"),
    "15.6": function("    uint32_t r = a;\n    if (a > b)\n        r = b;\n    return r;"),
    "17.8": function("    a = a + 1U;\n    return a + b;"),
    "18.8": function("    uint32_t t[a];\n    t[0] = b;\n    return t[0];"),
    "19.2": function("    u_t u;\n    u.w = a;\n    return u.w + b;",
                     "typedef union { uint32_t w; uint8_t c[4]; } u_t;\n"),
    "20.7": function("    return TWICE(a) + b;", "#define TWICE(x) (x * 2U)\n"),
    "8.4": "#include <stdint.h>\nuint32_t f(uint32_t a)\n{\n    return a + 1U;\n}\n",
}  # fmt: skip


def rules_of_cppcheck(source: str, folder: Path) -> list[tuple[int, str]]:
    """What the plain command says of one file."""
    (folder / "x.c").write_text(source)
    command = [str(cppcheck_directory() / "cppcheck"), "-q", "--addon=misra", "--enable=style", "--std=c11",
               "--template={line}|{id}", "x.c"]  # fmt: skip
    lines = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stderr.splitlines()
    found = (line.split("|") for line in lines if "misra-c2012-" in line)
    return sorted({(int(line), rule.removeprefix("misra-c2012-")) for line, rule in found})


def test_each_snippet_breaks_its_rule_and_the_clean_one_none() -> None:
    found = analyse(SNIPPETS)
    assert found["OK"] == []
    assert {rule for rule in SNIPPETS if rule != "OK" and rule not in broken_rules(found[rule])} == set()


@pytest.mark.parametrize("rule", sorted(SNIPPETS))
def test_the_verdict_among_many_is_that_of_the_plain_command_alone(rule: str, tmp_path: Path) -> None:
    found = [(finding.line, finding.rule) for finding in analyse(SNIPPETS)[rule]]
    assert sorted(found) == rules_of_cppcheck(SNIPPETS[rule], tmp_path)


def test_findings_do_not_depend_on_the_order_of_units() -> None:
    backwards = dict(reversed(list(SNIPPETS.items())))
    assert analyse(backwards) == analyse(SNIPPETS)


def test_what_cppcheck_cannot_parse_is_said_so() -> None:
    found = analyse({"broken": "int f( {{{\n", "fine": SNIPPETS["OK"]})
    assert broken_rules(found["broken"]) == [UNPARSED]
    assert found["fine"] == []


def test_a_file_of_this_machine_is_never_included() -> None:
    assert "root" not in str(analyse({"x": '#include "/etc/passwd"\nint x;\n'}))


def test_rules_are_ordered_by_number() -> None:
    findings = [Finding(1, "15.6", ""), Finding(2, "7.1", ""), Finding(3, "10.4", ""), Finding(4, "15.6", "")]
    assert broken_rules(findings) == ["7.1", "10.4", "15.6"]
