"""Review templates: C with placeholders, kept in `review/`, one file per rule.

Wordings (`review/*.tmpl`) are violations and compliant snippets each on its own. Pairs (`review/pairs/*.tmpl`) are two
snippets that differ in nothing but what matters, `@{breaks the rule||complies}@`: they teach what a verdict hangs on.

`== name` opens a template that breaks the file's rule, `== ok name` its compliant twin. In `escalate.tmpl` a template
has two hidden contexts, one under which the snippet complies and one under which it breaks a rule: what is shown does
not allow a judgement, and the analyser can prove it.

Placeholders: `$a`, `$fn`, ... identifiers (see `names`), `$k` `$m` numbers, `$s` a shift distance, `$X` hex digits,
`$ku8` a number below 256 with suffix, `$C` a comparison, `$B(a)` a Boolean expression over `$a`, `$E(a)` an unsigned
one, `$F` compliant statements around.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from embedded_fw_c.filler import Filler
from embedded_fw_c.names import Names
from embedded_fw_c.splits import TWIN
from embedded_fw_c.variation import vary

ESCALATE = "ESCALATE"
OK = "OK"
_FOLDER = Path(__file__).parent / "review"
_PLACEHOLDER = re.compile(r"\$(?:([BE])\(([a-z])\)|(ku8|buf|tab|tag|lbl|fn\d?|ty|[a-zA-Z]))")
_TEMPLATE_HEAD = re.compile(r"^== ", re.MULTILINE)
_ALTERNATIVES = re.compile(r"@\{(.*?)\|\|(.*?)\}@", re.DOTALL)
_SECTION_HEAD = re.compile(r"^-- ", re.MULTILINE)
_REGISTERS = ("g", "h")


@dataclass(frozen=True)
class ReviewTemplate:
    """One wording of a violation, of its compliant twin, or of a snippet that cannot be judged.

    Attributes:
        name: Unique: `<file>/<name>`.
        rule: The rule that its file is about; empty for `ESCALATE`.
        group: Templates of one group share a meaning; splits are drawn within groups.
        label: A MISRA C:2012 rule number, `OK` or `ESCALATE`.
        snippet: C with placeholders.
        contexts: For `ESCALATE`: expected verdict -> declarations that are not shown.
    """

    name: str
    rule: str
    group: str
    label: str
    snippet: str
    contexts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Snippet:
    """An expanded template.

    Attributes:
        code: What is shown.
        contexts: Expected verdict -> hidden declarations; for snippets that can be judged, the label with none.
    """

    code: str
    contexts: Mapping[str, str]


@cache
def review_templates() -> tuple[ReviewTemplate, ...]:
    """All review templates, sorted by name."""
    wordings = [template for path in sorted(_FOLDER.glob("*.tmpl")) for template in _parse(path)]
    pairs = [template for path in sorted(_FOLDER.glob("pairs/*.tmpl")) for template in _parse_pairs(path)]
    return tuple(sorted(wordings + pairs, key=lambda template: template.name))


def _parse(path: Path) -> list[ReviewTemplate]:
    rule = path.stem
    templates = []
    for block in _TEMPLATE_HEAD.split(path.read_text(encoding="utf-8"))[1:]:
        title, _, body = block.partition("\n")
        compliant = title.startswith("ok ")
        name = title.removeprefix("ok ")
        if rule == "escalate":
            contexts, snippet = _parse_contexts(body)
            group = f"escalate/{name.split('/')[0]}"
            templates.append(ReviewTemplate(f"escalate/{name}", "", group, ESCALATE, snippet, contexts))
        else:
            group = f"{rule}/ok" if compliant else rule
            label = OK if compliant else rule
            templates.append(ReviewTemplate(f"{rule}/{name}", rule, group, label, body.strip("\n")))
    return templates


def _parse_pairs(path: Path) -> list[ReviewTemplate]:
    """Each pair gives two templates of one family: what breaks the rule, and its twin, which does not."""
    rule = path.stem
    templates = []
    for block in _TEMPLATE_HEAD.split(path.read_text(encoding="utf-8"))[1:]:
        title, _, body = block.partition("\n")
        name = f"{rule}/pair-{title}"
        for label, suffix, side in ((rule, "", r"\1"), (OK, TWIN, r"\2")):
            snippet = _ALTERNATIVES.sub(side, body).strip("\n")
            templates.append(ReviewTemplate(name + suffix, rule, f"{rule}/pairs", label, snippet))
    return templates


def _parse_contexts(body: str) -> tuple[dict[str, str], str]:
    sections: dict[str, str] = {}
    for section in _SECTION_HEAD.split(body)[1:]:
        title, _, text = section.partition("\n")
        sections[title] = text.strip("\n")
    snippet = sections.pop("snippet")
    return {title.removeprefix("when "): text for title, text in sections.items()}, snippet


def expand(template: ReviewTemplate, rng: random.Random) -> Snippet:
    """Fill a template's placeholders with fresh names, numbers and surroundings."""
    names = Names(rng)
    filler = Filler(rng, names)
    bound: dict[str, str] = {}

    def value(match: re.Match[str]) -> str:
        expression, operand, placeholder = match.groups()
        if expression:
            make = _boolean if expression == "B" else _unsigned
            return make(_name(operand, bound, names), rng)
        return _value(placeholder, bound, names, rng)

    lines: list[str] = []
    for line in template.snippet.splitlines():
        if line.strip() == "$F":
            lines.extend(filler.lines(line[: len(line) - len(line.lstrip())]))
        else:
            lines.append(_PLACEHOLDER.sub(value, line))
    lines = vary(lines, filler, names, rng)
    contexts = {verdict: _PLACEHOLDER.sub(value, text) for verdict, text in template.contexts.items()}
    registers = [f"extern volatile uint32_t {bound[name]};" for name in _REGISTERS if name in bound]
    declarations = registers + filler.declarations
    rng.shuffle(declarations)
    code = "\n".join(declarations + lines)
    return Snippet(code, contexts or {template.label: ""})


def _value(placeholder: str, bound: dict[str, str], names: Names, rng: random.Random) -> str:
    if placeholder == "C":
        return rng.choice(("==", "!=", "<", ">", "<=", ">="))
    if placeholder == "ku8":
        return f"{rng.choice((0, 1, 2, 3, 7, 10, 15, 16, 32, 85, 90, 127, 170, 200, 255))}u"
    if placeholder == "X":
        return bound.setdefault(
            placeholder, f"{rng.choice((0xF, 0x1F, 0x3F, 0xF0, 0xFF, 0x100, 0x3FF, 0xFFF, 0xFF00)):X}"
        )
    if placeholder in ("k", "m", "s"):
        return bound.setdefault(placeholder, _number(placeholder, bound, rng))
    return _name(placeholder, bound, names)


def _name(placeholder: str, bound: dict[str, str], names: Names) -> str:
    if placeholder not in bound:
        bound[placeholder] = names.draw(placeholder)
    return bound[placeholder]


def _number(placeholder: str, bound: Mapping[str, str], rng: random.Random) -> str:
    """`k` and `m` differ, so that they can label cases of one switch; none is below 3, which templates use as such."""
    if placeholder == "s":
        return str(rng.randint(1, 15))
    choices = [3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 16, 20, 24, 25, 31, 32, 40, 48, 50, 60, 63, 64, 80, 99, 100, 120, 127]
    other = bound.get("m" if placeholder == "k" else "k")
    return rng.choice([str(number) for number in choices if str(number) != other])


def _boolean(name: str, rng: random.Random) -> str:
    number = f"{rng.choice((1, 2, 3, 5, 8, 10, 16, 20, 32, 50, 64, 100, 255))}u"
    # An interval or a choice of two that cannot be would be refused by the compiler.
    above = f"{rng.choice((5, 8, 10, 16, 20, 32, 50, 64, 100, 255))}u"
    comparison = rng.choice((">", "<", "==", "!=", ">=", "<="))
    return rng.choice(
        (
            f"{name} {comparison} {number}",
            f"{name} {comparison} {number}",
            f"({name} & {number}) != 0u",
            f"({name} & {number}) == 0u",
            f"{name} != 0u",
            f"({name} > 1u) && ({name} < {above})",
            f"({name} == 1u) || ({name} == {above})",
        )
    )


def _unsigned(name: str, rng: random.Random) -> str:
    number = f"{rng.choice((1, 2, 3, 4, 5, 7, 8, 10, 12, 15))}u"
    return rng.choice(
        (
            f"{name} + {number}",
            f"{name} - {number}",
            f"{name} & {number}",
            f"{name} | {number}",
            f"{name} >> {number}",
            f"{name} << {number}",
            f"{name} * {number}",
            f"({name} + {number}) & 0xFFu",
            f"({name} >> 2u) + {number}",
        )
    )
