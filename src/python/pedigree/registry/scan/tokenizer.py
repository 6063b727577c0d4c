"""Check `tokenizer`: one id a word and one word an id, parts of known kinds, and files that agree with each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from pedigree.registry.scan.findings import Finding, refuse, review
from pedigree.registry.scan.subject import Subject, Unreadable
from pedigree.registry.scan.tokenizer_companions import companion_findings
from pedigree.registry.scan.tokenizer_file import FILE, Tokenizer, tokenizer_of
from pedigree.registry.scan.tokenizer_others import other_tokenizers
from pedigree.registry.scan.tokenizer_parts import part_findings

CLAIM = "every word has one id and every id one word, and all files say the same"

_MODELS = ("BPE", "Unigram", "WordLevel", "WordPiece")


def check_tokenizer(subject: Subject) -> Iterator[Finding]:
    """Ids that are taken twice or are beyond the embeddings, unknown parts, and files that disagree."""
    yield from other_tokenizers(subject)
    try:
        tokenizer = tokenizer_of(subject)
    except Unreadable as error:
        yield refuse(FILE, str(error))
        return
    if tokenizer is None:
        return
    yield from _one_to_one(tokenizer)
    yield from _range(tokenizer, subject)
    yield from _merges(tokenizer)
    if tokenizer.model not in _MODELS:
        yield refuse(FILE, f"has a model of the unknown type '{tokenizer.model}'", "$.model.type")
    yield from part_findings(tokenizer)
    yield from _ways(subject.files[FILE].document)
    yield from companion_findings(subject, tokenizer)


def _ways(document: dict[str, Any]) -> Iterator[Finding]:
    """Settings with which a text is cut by chance, cut short, or filled up."""
    for where, value in (
        ("$.model.dropout", document["model"].get("dropout")),
        ("$.truncation", document.get("truncation")),
        ("$.padding", document.get("padding")),
    ):
        if value is not None and (value or where != "$.model.dropout"):
            yield refuse(FILE, f"has {value!r}, with which the model is told something else than the text", where)


def _one_to_one(tokenizer: Tokenizer) -> Iterator[Finding]:
    for group, words, numbers in (
        ("$.model.vocab", *_doubles(tokenizer.pairs)),
        ("$.added_tokens", *_doubles(tokenizer.added)),
    ):
        for word, ids in words:
            yield refuse(FILE, f"{word!r} has the ids {', '.join(map(str, ids))}", group)
        for number, names in numbers:
            yield refuse(FILE, f"the id {number} is that of {', '.join(map(repr, names))}", group)
    word_of, id_of = {number: word for word, number in tokenizer.pairs}, dict(tokenizer.pairs)
    for word, number in tokenizer.added:
        if id_of.get(word, number) != number:
            yield refuse(
                FILE, f"{word!r} is added as {number}, but the vocabulary has it as {id_of[word]}", "$.added_tokens"
            )
        if word_of.get(number, word) != word:
            yield refuse(FILE, f"{word!r} is added as {number}, which is {word_of[number]!r}", "$.added_tokens")


def _doubles(pairs: Iterable[tuple[str, int]]) -> tuple[list[tuple[str, list[int]]], list[tuple[int, list[str]]]]:
    """Words with several ids, and ids with several words."""
    ids: dict[str, list[int]] = defaultdict(list)
    words: dict[int, list[str]] = defaultdict(list)
    for word, number in pairs:
        ids[word].append(number)
        words[number].append(word)
    return [(word, found) for word, found in ids.items() if len(found) > 1], [
        (number, found) for number, found in words.items() if len(found) > 1
    ]


def _range(tokenizer: Tokenizer, subject: Subject) -> Iterator[Finding]:
    taken = set(tokenizer.ids.values())
    if not taken:
        yield refuse(FILE, "has no words", "$.model.vocab")
        return
    holes = max(taken) + 1 - len(taken)
    if holes:
        yield review(FILE, f"{holes} ids below {max(taken)} have no word")
    rows = _embeddings(subject)
    if rows is not None and max(taken) >= rows:
        yield refuse(FILE, f"has the id {max(taken)}, but config.json has {rows} embeddings")


def _embeddings(subject: Subject) -> int | None:
    """How many tokens the model knows, where its configuration says so."""
    config = subject.files.get("config.json")
    try:
        document = config.document if config else None
    except Unreadable:
        return None
    for place in (document, document.get("text_config") if isinstance(document, dict) else None):
        if isinstance(place, dict) and type(place.get("vocab_size")) is int:
            return int(place["vocab_size"])
    return None


def _merges(tokenizer: Tokenizer) -> Iterator[Finding]:
    words = dict(tokenizer.pairs)
    for place, (left, right) in enumerate(tokenizer.merges):
        for word in (left, right, left + right):
            if word not in words:
                yield refuse(FILE, f"a merge names {word!r}, which is no word", f"$.model.merges[{place}]")
    if len(set(tokenizer.merges)) != len(tokenizer.merges):
        yield review(
            FILE, f"{len(tokenizer.merges) - len(set(tokenizer.merges))} merges are repeated", "$.model.merges"
        )
