"""The files beside `tokenizer.json` that name tokens too. Readers take one or the other, so all must say the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from pedigree.registry.scan.findings import Finding, refuse, review
from pedigree.registry.scan.subject import ModelFile, Subject, Unreadable
from pedigree.registry.scan.tokenizer_file import Tokenizer, natural

_ROLES = ("bos", "eos", "pad", "unk", "cls", "sep", "mask")
_LISTS = ("additional_special_tokens", "extra_special_tokens")
_MOST_TEXT = 64 << 20


def companion_findings(subject: Subject, tokenizer: Tokenizer) -> Iterator[Finding]:
    """Where another file disagrees with `tokenizer.json`."""
    for name, look in _FILES.items():
        file = subject.files.get(name)
        if file is None:
            continue
        try:
            yield from look(file, tokenizer)
        except Unreadable as error:
            yield refuse(name, str(error))


def _vocabulary(file: ModelFile, tokenizer: Tokenizer) -> Iterator[Finding]:
    words, document = dict(tokenizer.pairs), file.document
    if not isinstance(document, dict):
        raise Unreadable("is not an object of words and ids")
    for word in sorted(words.keys() | document.keys()):
        if words.get(word) != document.get(word):
            yield refuse(file.name, f"{word!r} is {document.get(word)} here and {words.get(word)} in tokenizer.json")


def _added(file: ModelFile, tokenizer: Tokenizer) -> Iterator[Finding]:
    if not isinstance(file.document, dict):
        raise Unreadable("is not an object of words and ids")
    for word, number in file.document.items():
        yield from _same(file, word, number, tokenizer, "$")


def _merges(file: ModelFile, tokenizer: Tokenizer) -> Iterator[Finding]:
    try:
        lines = file.read(_MOST_TEXT).decode().splitlines()
    except UnicodeDecodeError as error:
        raise Unreadable("is not UTF-8") from error
    merges = tuple(tuple(line.split(" ")) for line in lines if line and not line.startswith("#version"))
    if merges != tokenizer.merges:
        yield refuse(file.name, f"has {len(merges)} merges that are not the {len(tokenizer.merges)} of tokenizer.json")


def _lines(file: ModelFile, tokenizer: Tokenizer) -> Iterator[Finding]:
    """`vocab.txt`: a word a line, whose number is its id."""
    try:
        words = file.read(_MOST_TEXT).decode().split("\n")
    except UnicodeDecodeError as error:
        raise Unreadable("is not UTF-8") from error
    listed = [word.rstrip("\r") for word in (words[:-1] if words[-1] == "" else words)]
    for number, word in enumerate(listed):
        yield from _same(file, word, number, tokenizer, f":{number + 1}")
    for word in sorted(dict(tokenizer.pairs).keys() - set(listed)):
        yield refuse(file.name, f"lacks {word!r}, which tokenizer.json has")


def _settings(file: ModelFile, tokenizer: Tokenizer) -> Iterator[Finding]:
    """`tokenizer_config.json` and `special_tokens_map.json`."""
    document = file.document
    if not isinstance(document, dict):
        raise Unreadable("is not an object")
    decoder = document.get("added_tokens_decoder") or {}
    if not isinstance(decoder, dict):
        raise Unreadable("has added_tokens_decoder, which is not an object")
    for number, token in decoder.items():
        if not number.isascii() or not number.isdigit():
            raise Unreadable(f"has added_tokens_decoder with the key {number!r}, which is no id")
        yield from _same(file, _content(token), int(number), tokenizer, "$.added_tokens_decoder")
    for where, word in _named(document):
        if word not in tokenizer.ids:
            yield refuse(file.name, f"names the token {word!r}, which tokenizer.json does not have", where)
        elif word not in tokenizer.special:
            yield review(file.name, f"names the token {word!r}, which is not special in tokenizer.json", where)


def _named(document: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Place and word of every special token that a configuration names."""
    for role in _ROLES:
        value = document.get(f"{role}_token")
        if value is not None:
            yield f"$.{role}_token", _content(value)
    for name in _LISTS:
        listed = document.get(name) or []
        for item in listed.values() if isinstance(listed, dict) else listed:
            yield f"$.{name}", _content(item)


def _content(token: Any) -> str:
    word = token.get("content") if isinstance(token, dict) else token
    if not isinstance(word, str):
        raise Unreadable(f"names a token that is no text: {token!r}")
    return word


def _same(file: ModelFile, word: str, number: Any, tokenizer: Tokenizer, where: str) -> Iterator[Finding]:
    known = tokenizer.ids.get(word)
    if not natural(number) or known != number:
        yield refuse(file.name, f"{word!r} is {number} here and {known} in tokenizer.json", where)


def _ends(file: ModelFile, tokenizer: Tokenizer) -> Iterator[Finding]:
    """`config.json` and `generation_config.json`: what ends a text, by id."""
    document = file.document if isinstance(file.document, dict) else {}
    words = {number: word for word, number in tokenizer.ids.items()}
    for role in ("bos", "eos", "pad"):
        value = document.get(f"{role}_token_id")
        for number in value if isinstance(value, list) else [] if value is None else [value]:
            if not natural(number) or number not in words:
                yield review(file.name, f"{number!r} is the id of no token", f"$.{role}_token_id")
            elif words[number] not in tokenizer.special:
                yield review(file.name, f"{number} is {words[number]!r}, which is not special", f"$.{role}_token_id")


_FILES: dict[str, Callable[[ModelFile, Tokenizer], Iterator[Finding]]] = {
    "added_tokens.json": _added,
    "config.json": _ends,
    "generation_config.json": _ends,
    "merges.txt": _merges,
    "special_tokens_map.json": _settings,
    "tokenizer_config.json": _settings,
    "vocab.json": _vocabulary,
    "vocab.txt": _lines,
}
