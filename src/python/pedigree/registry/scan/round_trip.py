"""Check `round-trip`: texts survive the tokenizer, and are cut into the ids that the approved model saw.

Needs the `tokenizers` library, which runs what `tokenizer.json` says; all other checks only read it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pedigree.registry.scan.findings import Finding, refuse, review
from pedigree.registry.scan.isolated import NoAnswer, ask
from pedigree.registry.scan.subject import Subject, Unreadable
from pedigree.registry.scan.tokenizer_file import FILE, tokenizer_of

CLAIM = "texts survive the tokenizer, and are cut as those of the approved model"
TOOL = "tokenizers"

_PROCESS = "pedigree.registry.scan.tokenizers_process"
_MOST = 64 << 20
PROBES = (
    "The pump stops within 50 ms when the door opens.",
    "uint8_t *volatile reg = (uint8_t *)0x40000000u; /* MISRA C:2012 11.4 */\n\tif (reg != NULL) { *reg |= 1u; }\n",
    "IEC 62304:2006+A1:2015, ISO 14971:2019 and 21 CFR 820.30(g)",
    "ΔT ≤ 0,5 °C — Prüfbericht n° 7, 測定値",
    "e\u0301 \ufb01 \u00a0 \u200b 👩\u200d⚕️",
    "  leading, trailing and   inner   space  ",
    "line\r\nline\n\n\nline\ttab",
    "0123456789 1e-9 -273.15",
    "".join(map(chr, range(32, 127))),
    "",
)
"""Texts as they stand in questions about medical devices, and what tokenizers are known to lose."""


def check_round_trip(subject: Subject) -> Iterator[Finding]:
    """Texts that come back as others, and texts that the approved tokenizer cuts into other ids."""
    try:
        texts = [*PROBES, *_around_special_words(subject)]
        now = _trips(subject, texts)
        before = _trips(subject.approved, texts) if subject.approved else None
    except (NoAnswer, Unreadable) as error:
        yield refuse(FILE, f"cannot be tried: {error}")
        return
    for number, text in enumerate(texts):
        if now and now[number]["text"] != text:
            yield review(FILE, f"{text!r} comes back as {now[number]['text']!r}", f"text {number}")
        if now and before and now[number]["ids"] != before[number]["ids"]:
            yield refuse(FILE, f"{text!r} is cut into other ids than by the approved model", f"text {number}")


def _around_special_words(subject: Subject) -> list[str]:
    tokenizer = tokenizer_of(subject)
    return [f"a{word}b" for word in sorted(tokenizer.special)] if tokenizer else []


def _trips(subject: Subject, texts: list[str]) -> list[dict[str, Any]] | None:
    """What the library makes of the texts; None when the model has no tokenizer."""
    file = subject.files.get(FILE)
    if file is None:
        return None
    try:
        content = file.read(_MOST).decode()
    except UnicodeDecodeError as error:
        raise Unreadable("is not UTF-8") from error
    answers: list[dict[str, Any]] = ask(_PROCESS, {"tokenizer": content, "texts": texts})
    return answers
