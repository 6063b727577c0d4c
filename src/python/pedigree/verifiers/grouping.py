"""Many units of C in one translation unit, so that the compiler is started once for hundreds of them.

A unit may define anything, also what its neighbour defines. So every identifier that no header knows is renamed: `crc`
of unit 7 becomes `crc_u7`. Before each unit stands `#line 1 "u7"`, so that a diagnostic says whose it is. A unit that
could still touch its neighbours is not grouped: it is compiled alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from pedigree.verifiers.toolchain import Target, clang, target_flags

GROUP_SIZE = 200

_TOKEN = re.compile(
    r"""(?P<comment>/\*.*?\*/|//[^\n]*)
      | (?P<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')
      | (?P<directive>^[ \t]*\#[^\n]*)
      | (?P<number>\.?[0-9](?:[eEpP][+-]|[\w.])*)
      | (?P<name>[A-Za-z_]\w*)
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_NAME = re.compile(r"(?<![\w.])[A-Za-z_]\w*")
_DIRECTIVE = re.compile(r"\s*#\s*(?P<word>\w*)(?P<rest>.*)", re.DOTALL)
_INCLUDE = re.compile(r"\s*<(?P<header>[a-z0-9_]+\.h)>\s*")
_KEYWORDS = frozenset(
    "auto break case char const continue default do double else enum extern float for goto if inline int long register "
    "restrict return short signed sizeof static struct switch typedef union unsigned void volatile while _Alignas "
    "_Alignof _Atomic _Bool _Complex _Generic _Imaginary _Noreturn _Static_assert _Thread_local defined".split()
)
_PAIRS = {")": "(", "]": "[", "}": "{"}


def foreign_include(source: str) -> str | None:
    """The first `#include` that is not of a system header, as it is written; None when there is none."""
    for word, rest in _directives(source):
        if word in ("include", "include_next", "import", "embed") and (
            word != "include" or not _INCLUDE.fullmatch(rest)
        ):
            return f"#{word}{rest}".strip()
    return None


def plan_groups(units: Mapping[str, str]) -> tuple[list[list[str]], list[str]]:
    """Sort units into groups that may share a translation unit, and those that must be compiled alone.

    Only units that include the same headers share one, or a unit could use what its neighbour included.
    """
    by_headers: dict[tuple[str, ...], list[str]] = {}
    alone = []
    for key in sorted(units):
        if _keeps_to_itself(units[key]):
            by_headers.setdefault(headers(units[key]), []).append(key)
        else:
            alone.append(key)
    groups = [
        keys[start : start + GROUP_SIZE] for keys in by_headers.values() for start in range(0, len(keys), GROUP_SIZE)
    ]
    return groups, alone


def join_units(units: Sequence[str], target: Target) -> str:
    """One translation unit of all `units`, which `plan_groups` put together; diagnostics name them `u0`, `u1`..."""
    known = _known_names(target, headers(units[0])) if units else frozenset()
    return "".join(f'#line 1 "u{index}"\n{_rename(unit, known, index)}\n' for index, unit in enumerate(units))


def headers(source: str) -> tuple[str, ...]:
    r"""The system headers that a unit includes, in its order.

    >>> headers("#include <stdint.h>\nint x;")
    ('stdint.h',)
    """
    includes = (_INCLUDE.fullmatch(rest) for word, rest in _directives(source) if word == "include")
    return tuple(match["header"] for match in includes if match)


def balanced(source: str) -> bool:
    """Whether brackets, comments and quotes close in the order in which they open."""
    open_brackets: list[str] = []
    for match in _TOKEN.finditer(source):
        symbol = match["other"]
        if symbol in ("(", "[", "{"):
            open_brackets.append(symbol)
        elif (symbol in _PAIRS and (not open_brackets or open_brackets.pop() != _PAIRS[symbol])) or symbol in (
            '"',
            "'",
        ):
            return False
    return not open_brackets and source.count("/*") <= source.count("*/")


def _keeps_to_itself(source: str) -> bool:
    """Whether nothing in a unit can reach beyond it: no pragma, no pasted name, nothing that stays open."""
    if "\\\n" in source or "##" in source or "??" in source or "%:" in source or "_Pragma" in source:
        return False
    words = {word for word, _ in _directives(source)}
    closed = source.count("#if") == source.count("#endif")
    return (
        words <= {"include", "define", "if", "ifdef", "ifndef", "else", "elif", "endif"} and closed and balanced(source)
    )


def _directives(source: str) -> Iterator[tuple[str, str]]:
    for match in _TOKEN.finditer(source):
        if match["directive"] and (parts := _DIRECTIVE.fullmatch(match["directive"])):
            yield parts["word"], parts["rest"]


def _rename(source: str, known: Iterable[str], index: int) -> str:
    suffix = f"_u{index}"

    def name(match: re.Match[str]) -> str:
        return match[0] if match[0] in known else match[0] + suffix

    def token(match: re.Match[str]) -> str:
        if match["name"]:
            return name(match)
        if not match["directive"]:
            return match[0]
        parts = _DIRECTIVE.fullmatch(match["directive"])
        if parts is None or parts["word"] == "include":
            return match[0]
        return f"#{parts['word']}{_NAME.sub(name, parts['rest'])}"

    return _TOKEN.sub(token, source)


@lru_cache(maxsize=64)
def _known_names(target: Target, names: tuple[str, ...]) -> frozenset[str]:
    """Every word that the headers or the compiler itself use: these are left as they are."""
    source = "".join(f"#include <{header}>\n" for header in names)
    text = clang(["-E", "-dD", "-std=c11", *target_flags(target)], source).stdout
    return _KEYWORDS | frozenset(_NAME.findall(text))
