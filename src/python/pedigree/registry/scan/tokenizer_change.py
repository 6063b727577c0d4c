"""Check `tokenizer-change`: every word of the approved model still has its id, and texts are still cut as they were."""

from __future__ import annotations

from collections.abc import Iterator

from pedigree.registry.scan.findings import Finding, refuse, review
from pedigree.registry.scan.subject import Subject, Unreadable
from pedigree.registry.scan.tokenizer_file import FILE, PARTS, Tokenizer, tokenizer_of

CLAIM = "the tokenizer is that of the approved model"


def check_tokenizer_change(subject: Subject) -> Iterator[Finding]:
    """Words with other ids, without one, or new; other merges and parts; nothing when there is no approved model."""
    if subject.approved is None:
        return
    try:
        now, before = tokenizer_of(subject), tokenizer_of(subject.approved)
    except Unreadable as error:
        yield refuse(FILE, f"cannot be compared: {error}")
        return
    if now is None or before is None:
        if now is not before:
            yield refuse(FILE, "is missing here" if now is None else "is missing in the approved model")
        return
    yield from _words(now, before)
    yield from _rules(now, before)


def _words(now: Tokenizer, before: Tokenizer) -> Iterator[Finding]:
    ids, old = now.ids, before.ids
    for word in sorted(ids.keys() | old.keys()):
        if word not in ids:
            yield refuse(FILE, f"{word!r} is missing; it was {old[word]}")
        elif word not in old:
            yield review(FILE, f"{word!r} is new: {ids[word]}")
        elif ids[word] != old[word]:
            yield refuse(FILE, f"{word!r} is {ids[word]}, and was {old[word]}")
    for word in sorted(now.special ^ before.special):
        if word in ids and word in old:
            yield refuse(FILE, f"{word!r} is {'now' if word in now.special else 'no longer'} special")


def _rules(now: Tokenizer, before: Tokenizer) -> Iterator[Finding]:
    if now.model != before.model:
        yield refuse(FILE, f"is a {now.model}, and was a {before.model}", "$.model.type")
    if now.merges != before.merges:
        place = next(
            (place for place, pair in enumerate(zip(now.merges, before.merges)) if pair[0] != pair[1]),
            min(len(now.merges), len(before.merges)),
        )
        yield refuse(FILE, "joins other words than it did, or in another order", f"$.model.merges[{place}]")
    for name in PARTS:
        if now.parts[name] != before.parts[name]:
            yield refuse(FILE, f"has another {name.replace('_', ' ')} than it had", f"$.{name}")
