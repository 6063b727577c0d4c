"""The smallest model that passes a scan: bytes as words, a template, and a few weights."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

TEMPLATE = (
    "{% for message in messages %}{% if message['role'] == 'user' %}<|user|>{{ message['content'] }}"
    "{% else %}<|assistant|>{% generation %}{{ message['content'] }}<|end|>{% endgeneration %}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}\n"
)
SPECIAL = ("<|pad|>", "<|end|>", "<|user|>", "<|assistant|>")
HIDDEN, LAYERS, ROWS = 8, 6, 262


def safetensors(tensors: Mapping[str, tuple[str, tuple[int, ...], bytes]], metadata: Any = None) -> bytes:
    """A safetensors file of (type, shape, bytes) by name."""
    header: dict[str, Any] = {} if metadata is None else {"__metadata__": metadata}
    data = b""
    for name, (dtype, shape, content) in tensors.items():
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    raw = json.dumps(header).encode()
    return struct.pack("<Q", len(raw)) + raw + data


def floats(*shape: int, seed: int = 1) -> tuple[str, tuple[int, ...], bytes]:
    """Some numbers below 1, other ones for another seed."""
    count = 1
    for extent in shape:
        count *= extent
    values = ((((place + seed) * 2654435761) % 1000 - 500) / 1000 for place in range(count))
    return "F32", shape, b"".join(struct.pack("<f", value) for value in values)


def weights() -> dict[str, tuple[str, tuple[int, ...], bytes]]:
    """Embeddings, and one matrix in each of some layers."""
    layers = {
        f"model.layers.{layer}.self_attn.q_proj.weight": floats(HIDDEN, HIDDEN, seed=layer) for layer in range(LAYERS)
    }
    return {"model.embed_tokens.weight": floats(ROWS, HIDDEN), **layers}


def byte_words() -> list[str]:
    """A visible character for each byte, as byte-level BPE writes them."""
    visible = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in visible]
    words = {byte: chr(byte) for byte in visible} | {byte: chr(256 + place) for place, byte in enumerate(hidden)}
    return [words[byte] for byte in range(256)]


def tokenizer() -> dict[str, Any]:
    """Byte-level BPE with two merges."""
    words = [*SPECIAL, *byte_words(), "th", "the"]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {"id": number, "content": word, "single_word": False, "lstrip": False, "rstrip": False,
             "normalized": False, "special": True}
            for number, word in enumerate(SPECIAL)
        ],
        "normalizer": None,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
        "post_processor": None,
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": {
            "type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
            "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
            "vocab": {word: number for number, word in enumerate(words)},
            "merges": [["t", "h"], ["th", "e"]],
        },
    }  # fmt: skip


def files() -> dict[str, bytes]:
    """All files of the model."""
    config = {"architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "vocab_size": ROWS, "eos_token_id": 1}
    settings = {"eos_token": "<|end|>", "pad_token": "<|pad|>", "tokenizer_class": "PreTrainedTokenizerFast"}
    return {
        "README.md": b"# A model\n",
        "chat_template.jinja": TEMPLATE.encode(),
        "config.json": json.dumps(config).encode(),
        "model.safetensors": safetensors(weights(), {"format": "pt"}),
        "tokenizer.json": json.dumps(tokenizer()).encode(),
        "tokenizer_config.json": json.dumps(settings).encode(),
    }


def write_model(directory: Path, changed: Mapping[str, bytes | None] | None = None) -> Path:
    """Write the model; `changed` files have this content instead, or are missing where it is None."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, content in {**files(), **(changed or {})}.items():
        if content is not None:
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            (directory / name).write_bytes(content)
    return directory
