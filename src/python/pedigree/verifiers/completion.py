"""A completion is one expression or statement that a model proposes for the masked place of a unit."""

from __future__ import annotations

import re

from pedigree.verifiers.grouping import balanced

MASK = "@@MASK@@"
LONGEST = 400

_FORBIDDEN = (
    ("\n", "more than one line"), ("\r", "more than one line"), ("#", "'#'"), ("%:", "'%:'"), ("??", "'??'"),
    ('"', "a string"), ("\\", "a backslash"), ("__", "'__'"), ("/*", "a comment"), ("//", "a comment"),
)  # fmt: skip
_WORDS = re.compile(r"\b(asm|_Pragma|extern|_Noreturn|main)\b")


def refusal(completion: str) -> str | None:
    """Why a completion is not even shown to the compiler; None when it may be.

    What is refused could include a file, reach an assembler or an internal function of the compiler, or write outside
    its place in the unit.

    >>> refusal("(value << 3U) & MASK") is None
    True
    >>> refusal('asm("syscall")')
    'a completion must not hold a string'
    """
    if not completion.strip():
        return "a completion must not be empty"
    if len(completion) > LONGEST:
        return f"a completion must not be longer than {LONGEST} characters"
    for text, name in _FORBIDDEN:
        if text in completion:
            return f"a completion must not hold {name}"
    if not completion.isascii() or not completion.replace("\t", " ").isprintable():
        return "a completion must be of printable ASCII"
    if word := _WORDS.search(completion):
        return f"a completion must not hold '{word[0]}'"
    return None if balanced(completion) else "a completion must close the brackets that it opens"


def fill(unit: str, completion: str) -> str:
    """The unit with the completion in its masked place."""
    return unit.replace(MASK, completion)
