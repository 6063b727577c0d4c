"""Check `round-trip`: texts survive the tokenizer, and are cut into the ids that the approved model saw.

Needs the `tokenizers` library, which runs what `tokenizer.json` says; all other checks only read it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pedigree.registry.scan.findings import Finding, refuse, review
from pedigree.registry.scan.subject import Subject, Unreadable
from pedigree.registry.scan.tokenizer_file import FILE, tokenizer_of

if TYPE_CHECKING:
    from tokenizers import Tokenizer

CLAIM = "texts survive the tokenizer, and are cut as those of the approved model"
TOOL = "tokenizers"

_MOST = 64 << 20
PROBES = (
    "The pump stops within 50 ms when the door opens.",
    "uint8_t *volatile reg = (uint8_t *)0x4000'0000u; /* MISRA C:2012 Rule 11.4 */\n\tif (reg != NULL) { *reg |= 1u; }\n",
    "IEC 62304:2006+A1:2015, ISO 14971:2019 and 21 CFR 820.30(g)",
    "ΔT ≤ 0,5 °C — Prüfbericht n° 7, 測定値",
    "e\u0301 \ufb01 \u00a0 \u200b 👩\u200d⚕️",
    "  leading, trailing and   inner   space  ",
    "line\r\nline\n\n\nline\ttab",
    "0123456789 1e-9 -273.15",
    "",
)
"""Texts as they stand in questions about medical devices, and what tokenizers are known to lose."""


def check_round_trip(subject: Subject) -> Iterator[Finding]:
    """Texts that come back as others, and texts that the approved tokenizer cuts into other ids."""
    try:
        now = _load(subject)
        before = _load(subject.approved) if subject.approved else None
    except Unreadable as error:
        yield refuse(FILE, f"cannot be tried: {error}")
        return
    if now is None:
        return
    for number, text in enumerate((*PROBES, *_words(subject))):
        ids = now.encode(text, add_special_tokens=False).ids
        back = now.decode(ids, skip_special_tokens=False)
        if back != text:
            yield review(FILE, f"{text!r} comes back as {back!r}", f"text {number}")
        if before is not None and ids != before.encode(text, add_special_tokens=False).ids:
            yield refuse(FILE, f"{text!r} is cut into other ids than by the approved model", f"text {number}")


def _words(subject: Subject) -> list[str]:
    """The special tokens, each between words."""
    tokenizer = tokenizer_of(subject)
    return [f"a{word}b" for word in sorted(tokenizer.special)] if tokenizer else []


def _load(subject: Subject) -> Tokenizer | None:
    file = subject.files.get(FILE)
    if file is None:
        return None
    from tokenizers import Tokenizer as Library

    try:
        return Library.from_str(file.read(_MOST).decode())
    except Exception as error:
        raise Unreadable(f"the library does not take it: {error}") from error
