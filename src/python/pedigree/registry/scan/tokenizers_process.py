"""`python -m pedigree.registry.scan.tokenizers_process`: a `tokenizer.json` and texts in, ids and texts again out."""

from __future__ import annotations

from typing import Any

from tokenizers import Tokenizer

from pedigree.registry.scan.isolated import answer


def trips(request: dict[str, Any]) -> list[dict[str, Any]]:
    """For each of `texts`: the ids that `tokenizer` cuts it into, and the text that they give."""
    tokenizer = Tokenizer.from_str(request["tokenizer"])
    encoded = (tokenizer.encode(text, add_special_tokens=False).ids for text in request["texts"])
    return [{"ids": ids, "text": tokenizer.decode(ids, skip_special_tokens=False)} for ids in encoded]


if __name__ == "__main__":
    answer(trips)
