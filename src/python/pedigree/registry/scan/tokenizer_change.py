"""Check `tokenizer-change`: every word of the approved model still has its id, and texts are still cut as they were."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

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
    yield from _rest(subject.files[FILE].document, subject.approved.files[FILE].document)


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


def _rest(now: dict[str, Any], before: dict[str, Any]) -> Iterator[Finding]:
    """Whatever else the files say, of the whole, the model and each token: all of it decides how texts are cut."""
    yield from _unlike(now, before, "$", {"added_tokens", "model", *PARTS})
    yield from _unlike(now["model"], before["model"], "$.model", {"merges", "type", "vocab"})
    flags, old = _flags(now), _flags(before)
    for word in sorted(flags.keys() & old.keys()):
        yield from _unlike(flags[word], old[word], f"$.added_tokens {word!r}", {"id", "special"})
    scores, old_scores = _scores(now), _scores(before)
    for word in sorted(scores.keys() & old_scores.keys()):
        if scores[word] != old_scores[word]:
            yield refuse(FILE, f"{word!r} has the score {scores[word]}, and had {old_scores[word]}", "$.model.vocab")


def _unlike(now: dict[str, Any], before: dict[str, Any], where: str, others: set[str]) -> Iterator[Finding]:
    for key in sorted((now.keys() | before.keys()) - others):
        if _spelled(now.get(key)) != _spelled(before.get(key)):
            yield refuse(FILE, f"is {now.get(key)!r}, and was {before.get(key)!r}", f"{where}.{key}")


def _spelled(value: Any) -> str:
    """One text for one value: `True`, `1` and `1.0` are three."""
    return json.dumps(value, sort_keys=True)


def _flags(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {token["content"]: token for token in document.get("added_tokens") or ()}


def _scores(document: dict[str, Any]) -> dict[str, Any]:
    """Score of each word of a Unigram model; other models have none."""
    vocabulary = document["model"].get("vocab")
    return dict(vocabulary) if isinstance(vocabulary, list) else {}
