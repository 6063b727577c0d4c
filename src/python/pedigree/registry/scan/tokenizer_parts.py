"""What stands around the model of a tokenizer: parts of known kinds that neither drop, replace nor put in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pedigree.registry.scan.findings import Finding, refuse, review
from pedigree.registry.scan.tokenizer_file import FILE, Tokenizer

# What the `tokenizers` library knows, less what nobody can read (`Precompiled` holds a compiled table) and what drops
# letters (`CharDelimiterSplit`).
_KINDS = {
    "normalizer": "Sequence NFC NFD NFKC NFKD Lowercase Strip StripAccents BertNormalizer Nmt ByteLevel Replace "
    "Prepend",
    "pre_tokenizer": "Sequence ByteLevel BertPreTokenizer Digits Metaspace Punctuation Split "
    "UnicodeScripts Whitespace WhitespaceSplit FixedLength",
    "post_processor": "Sequence ByteLevel BertProcessing RobertaProcessing TemplateProcessing",
    "decoder": "Sequence ByteLevel WordPiece Metaspace BPEDecoder CTC Fuse Strip ByteFallback Replace",
}
# Byte fallback and the visible space of SentencePiece: what a replacement may be about.
_SPACES = {" ", "\u2581", ""}
_DEEPEST = 8


def part_findings(tokenizer: Tokenizer) -> Iterator[Finding]:
    """Parts of unknown kinds, and parts through which a text comes out as another."""
    for name, part in tokenizer.parts.items():
        yield from _part(name, part, f"$.{name}", tokenizer)


def _part(name: str, part: Any, where: str, tokenizer: Tokenizer, depth: int = 0) -> Iterator[Finding]:
    if part is None:
        return
    kind = part.get("type") if isinstance(part, dict) else None
    if kind not in _KINDS[name].split() or depth > _DEEPEST:
        yield refuse(FILE, f"has a part of the kind {kind!r}, which nobody here can read", where)
        return
    if part.get("behavior") == "Removed":
        yield refuse(FILE, f"drops what matches {part.get('pattern', kind)!r} from every text", where)
    if kind == "Sequence":
        for key in ("normalizers", "pretokenizers", "processors", "decoders"):
            for index, inner in enumerate(part.get(key) or ()):
                yield from _part(name, inner, f"{where}.{key}[{index}]", tokenizer, depth + 1)
    elif kind == "Replace":
        yield from _replacement(part, where)
    elif kind == "Prepend" and part.get("prepend") not in _SPACES:
        yield review(FILE, f"puts {part.get('prepend')!r} before every text", where)
    elif name == "post_processor":
        yield from _around(part, where, tokenizer)


def _around(part: dict[str, Any], where: str, tokenizer: Tokenizer) -> Iterator[Finding]:
    """Words that are put around every text: each must be special, and be put there by its own id."""
    for word, number in _put_around(part):
        if not isinstance(word, str) or word not in tokenizer.ids or tokenizer.ids[word] != number:
            yield refuse(FILE, f"puts {number!r} around every text and calls it {word!r}, which it is not", where)
        elif word not in tokenizer.special:
            yield review(FILE, f"puts {word!r} around every text, which is not special", where)


def _put_around(part: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    """Each word that a post-processor names, with the id that it has for it; None where it says no such thing."""
    for role in ("cls", "sep"):
        pair = part.get(role)
        if pair is not None:
            yield (pair[0], pair[1]) if isinstance(pair, list) and len(pair) == 2 else (None, pair)
    tokens = part.get("special_tokens") or {}
    for name, token in tokens.items() if isinstance(tokens, dict) else [(None, tokens)]:
        ids = token.get("ids") if isinstance(token, dict) else None
        yield name, ids[0] if isinstance(ids, list) and len(ids) == 1 else ids


def _replacement(part: dict[str, Any], where: str) -> Iterator[Finding]:
    """A normalizer or decoder that replaces words is a way to say something else than was meant."""
    pattern = part.get("pattern")
    sought = pattern.get("String") if isinstance(pattern, dict) else None
    if sought not in _SPACES or part.get("content") not in _SPACES:
        yield review(FILE, f"replaces {pattern!r} by {part.get('content')!r} in every text", where)
