"""Which part of a model a file is, by its name."""

from __future__ import annotations

_NAMES = {
    "adapter_config.json": "config",
    "added_tokens.json": "tokenizer",
    "chat_template.jinja": "chat_template",
    "chat_template.json": "chat_template",
    "config.json": "config",
    "generation_config.json": "config",
    "merges.txt": "tokenizer",
    "modules.json": "config",
    "preprocessor_config.json": "config",
    "processor_config.json": "config",
    "quantize_config.json": "config",
    "sentence_bert_config.json": "config",
    "special_tokens_map.json": "tokenizer",
    "tokenizer.json": "tokenizer",
    "tokenizer_config.json": "tokenizer",
    "vocab.json": "tokenizer",
    "vocab.txt": "tokenizer",
}
_SUFFIXES = {".safetensors": "weights", ".safetensors.index.json": "weights", ".jinja": "chat_template"}


def part_of(name: str) -> str:
    """The part that a file is: weights, tokenizer, config, chat_template or other.

    >>> part_of("model-00001-of-00002.safetensors"), part_of("config.json"), part_of("corpus.json")
    ('weights', 'config', 'other')
    """
    last = name.rpartition("/")[2]
    by_suffix = (part for suffix, part in _SUFFIXES.items() if last.endswith(suffix))
    return _NAMES.get(last) or next(by_suffix, "other")
