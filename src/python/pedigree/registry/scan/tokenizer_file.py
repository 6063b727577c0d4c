"""`tokenizer.json` as loaders understand it: words and their ids, merges, and the parts around them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pedigree.registry.scan.subject import ModelFile, Subject, Unreadable

FILE = "tokenizer.json"
PARTS = ("normalizer", "pre_tokenizer", "post_processor", "decoder")


@dataclass(frozen=True)
class Tokenizer:
    """What `tokenizer.json` says.

    Attributes:
        model: The type of its model, as `BPE`.
        pairs: Every word of the vocabulary with its id, in the order of the file; words of a list may repeat.
        added: Added tokens with their ids, in the order of the file.
        special: Those among them that are special.
        merges: Pairs that BPE joins, the first one first.
        parts: What stands around the model, by the name of the part.
    """

    model: str
    pairs: tuple[tuple[str, int], ...]
    added: tuple[tuple[str, int], ...]
    special: frozenset[str]
    merges: tuple[tuple[str, str], ...]
    parts: Mapping[str, Any]

    @property
    def ids(self) -> dict[str, int]:
        """Id of every token, as a loader sees it: what is added comes last."""
        return dict((*self.pairs, *self.added))


def tokenizer_of(subject: Subject) -> Tokenizer | None:
    """The tokenizer of a model; None when it has no `tokenizer.json`.

    Raises:
        Unreadable: The file is not what a loader would take.
    """
    file = subject.files.get(FILE)
    return None if file is None else read_tokenizer(file)


def read_tokenizer(file: ModelFile) -> Tokenizer:
    """What a `tokenizer.json` says.

    Raises:
        Unreadable: It is not what a loader would take.
    """
    document = file.document
    model = document.get("model") if isinstance(document, dict) else None
    if not isinstance(model, dict):
        raise Unreadable("has no model")
    added = document.get("added_tokens") or []
    if not isinstance(added, list) or not all(_is_added(token) for token in added):
        raise Unreadable("has added tokens without content and id")
    return Tokenizer(
        # Files of old versions do not name it; their vocabulary and merges do.
        model=str(model.get("type") or ("BPE" if "merges" in model else "Unigram")),
        pairs=tuple(_pairs(model.get("vocab"))),
        added=tuple((token["content"], token["id"]) for token in added),
        special=frozenset(token["content"] for token in added if token.get("special") is True),
        merges=tuple(_merge(merge) for merge in model.get("merges") or ()),
        parts={name: document.get(name) for name in PARTS},
    )


def natural(value: Any) -> bool:
    """Whether it is a whole number from 0, and no truth value."""
    return type(value) is int and value >= 0


def _is_added(token: Any) -> bool:
    return isinstance(token, dict) and isinstance(token.get("content"), str) and natural(token.get("id"))


def _pairs(vocabulary: Any) -> Iterator[tuple[str, int]]:
    """Word and id: an object says both, in a list (Unigram: word, score) the place is the id."""
    if isinstance(vocabulary, dict):
        for word, number in vocabulary.items():
            if not natural(number):
                raise Unreadable(f"has the word {word!r} with an id that is no natural number")
            yield word, number
    elif isinstance(vocabulary, list):
        for number, item in enumerate(vocabulary):
            if not isinstance(item, list) or len(item) != 2 or not isinstance(item[0], str):
                raise Unreadable(f"has the vocabulary entry {number} that is not a word and its score")
            yield item[0], number
    else:
        raise Unreadable("has no vocabulary")


def _merge(merge: Any) -> tuple[str, str]:
    parts = merge.split(" ") if isinstance(merge, str) else merge
    if not isinstance(parts, list) or len(parts) != 2 or not all(isinstance(part, str) for part in parts):
        raise Unreadable(f"has a merge that is not two words: {merge!r}")
    return parts[0], parts[1]
