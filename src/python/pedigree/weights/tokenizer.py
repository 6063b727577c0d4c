"""A byte-level BPE tokenizer, trained on the corpus of the base model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

END = "<|end|>"
PAD = "<|pad|>"
USER = "<|user|>"
ASSISTANT = "<|assistant|>"

# The generation block marks what SFT learns from: the assistant's words and the token that ends them.
CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{% if message['role'] == 'user' %}<|user|>{{ message['content'] }}"
    "{% elif message['role'] == 'assistant' %}<|assistant|>"
    "{% generation %}{{ message['content'] }}<|end|>{% endgeneration %}"
    "{% else %}{{ raise_exception('roles are user and assistant') }}{% endif %}"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)

# Pieces that BPE never reaches over: a keyword or type with the space after it, an identifier, a number, an operator
# with the spaces, the line break and the indentation around it. An identifier never carries a space, so that it is
# the same token sequence wherever it stands, and can be looked up and copied.
_PIECES = (
    r"(?:extern|volatile|static|const|struct|union|typedef|return|void|bool|case|else|goto|unsigned|long"
    r"|u?int[0-9]+_t)[ ]"
    r"|[A-Za-z_][A-Za-z0-9_]*"
    r"|[0-9]+"
    r"|[ ]*[^\sA-Za-z0-9_]+[ ]?(?:\n[ ]*)*"
    r"|(?:\n[ ]*)+"
    r"|[ ]+"
)


def train_tokenizer(texts: Iterable[str], vocabulary: int, special: Sequence[str]) -> PreTrainedTokenizerFast:
    """Train on `texts` a vocabulary of `vocabulary` pieces, of which `special` and the chat tokens are never split."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_PIECES), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[PAD, END, USER, ASSISTANT, *special],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        eos_token=END,
        pad_token=PAD,
        additional_special_tokens=[USER, ASSISTANT, *special],
        chat_template=CHAT_TEMPLATE,
        clean_up_tokenization_spaces=False,
        model_max_length=1024,
    )


def save_tokenizer(tokenizer: PreTrainedTokenizerFast, directory: Path) -> None:
    """Write tokenizer.json, tokenizer_config.json and chat_template.jinja."""
    tokenizer.save_pretrained(str(directory))
