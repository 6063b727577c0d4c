"""Changes to a snippet that leave its verdict as it is: a further parameter, a statement moved into a block.

They make the surroundings of a violation differ more than its templates do, so that a rule is not learned as the
shape of the function that it was shown in. Both are drawn for every split, and the verifier sees the result.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from embedded_fw_c.filler import Filler
from embedded_fw_c.names import Names

_SHARE_WITH_PARAMETER = 0.35
_SHARE_WITH_BLOCK = 0.35
_DEFINITION = re.compile(r"^(?P<head>[a-z].*?\b(?P<name>\w+)\()(?P<parameters>.*)\)$")
_DECLARATION = re.compile(
    r"^    (?:const |volatile |static |unsigned )*(?:struct |union )?\w+ \*?\w+(?:\[[^=]*\])?(?: = .*)?;$"
)
_NOT_A_STATEMENT = re.compile(r"^    (?:return|if|while|for|do|else|switch|goto)\b|^    \}")
_HEADER = re.compile(r"^\s*(?:if|while|for|else|do|switch)\b[^;]*$")


def vary(lines: Sequence[str], filler: Filler, names: Names, rng: random.Random) -> list[str]:
    """Add a parameter, nest a statement, both or neither."""
    result = list(lines)
    if rng.random() < _SHARE_WITH_PARAMETER:
        result = _with_parameter(result, filler, names, rng)
    if rng.random() < _SHARE_WITH_BLOCK:
        result = _with_block(result, filler, rng)
    return result


def _with_parameter(lines: list[str], filler: Filler, names: Names, rng: random.Random) -> list[str]:
    """A further parameter, used once; left out where the function calls itself."""
    start = max(
        number for number in range(len(lines) - 1) if lines[number + 1] == "{" and _DEFINITION.match(lines[number])
    )
    match = _DEFINITION.match(lines[start])
    if match is None or any(re.search(rf"\b{match['name']}\b", line) for line in lines[start + 1 :]):
        return lines
    name = names.draw("d")
    declared, use = rng.choice(
        (
            (f"uint32_t {name}", f"    {filler.register()} = {name};"),
            (f"uint32_t {name}", f"    {filler.register()} = {name};"),
            (f"const uint8_t *{name}", f"    {filler.register()} = {name}[0];"),
            (f"uint16_t {name}", f"    {filler.register()} = {name};"),
        )
    )
    others = [] if match["parameters"] == "void" else [match["parameters"]]
    parameters = ", ".join([declared, *others] if rng.random() < 0.5 else [*others, declared])
    end = len(lines) - 1
    if lines[end - 1].startswith("    return"):
        end -= 1
    place = rng.choice((start + 2, end))
    return [*lines[:start], f"{match['head']}{parameters})", *lines[start + 1 : place], use, *lines[place:]]


def _with_block(lines: list[str], filler: Filler, rng: random.Random) -> list[str]:
    """One plain statement of the function's top level, put into a branch."""
    places = [
        number
        for number in range(1, len(lines))
        if lines[number].startswith("    ")
        and not lines[number].startswith("     ")
        and lines[number].endswith(";")
        and not _NOT_A_STATEMENT.match(lines[number])
        and not _DECLARATION.match(lines[number])
        and not _HEADER.match(lines[number - 1])
        and "{" in lines[:number]
    ]
    if not places:
        return lines
    place = rng.choice(places)
    nested = [f"    if ({filler.condition()})", "    {", f"    {lines[place]}", "    }"]
    if rng.random() < 0.4:
        nested += ["    else", "    {", f"        {filler.store()}", "    }"]
    return [*lines[:place], *nested, *lines[place + 1 :]]
