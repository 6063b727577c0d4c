"""Pretrains a small base model from scratch: its tokenizer, then its weights.

A plain loop instead of a trainer: documents are put into batches of about one length, so that next to nothing is
spent on padding, and the tokens after a marker (an analyser's note) can weigh more than the code before it, most of
which is names that cannot be foretold.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import torch
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

from pedigree.step.canonical import canonical_json
from pedigree.step.context import StepContext
from pedigree.step.errors import ToolError
from pedigree.step.run import run_tool
from pedigree.training.hyperparameters import as_document, load_hyperparameters
from pedigree.training.records import read_records
from pedigree.weights.determinism import make_deterministic
from pedigree.weights.device import device_of
from pedigree.weights.saving import require_known_files, save_model
from pedigree.weights.tokenizer import END, save_tokenizer, train_tokenizer

_IGNORED = -100


@dataclass(frozen=True)
class PretrainHyperparameters:
    """Architecture and schedule.

    Attributes:
        vocabulary: Pieces of the tokenizer.
        special_tokens: Further tokens that are never split.
        hidden_size: Width of the residual stream.
        layers: Number of blocks.
        heads: Attention heads.
        key_value_heads: Heads that keys and values have.
        intermediate_size: Width of the feed-forward layer.
        context: Longest document in tokens; longer ones are refused.
        steps: Updates.
        batch_tokens: Tokens of a batch, padding counted.
        learning_rate: Peak of the schedule: linear warm-up, then cosine to a twentieth.
        warmup: Updates of the warm-up.
        weight_decay: Of AdamW, on matrices alone.
        marker: The token that parts a document's code from the note on it.
        marker_weight: What the tokens after the marker weigh, together, relative to those before it.
    """

    vocabulary: int
    special_tokens: tuple[str, ...]
    hidden_size: int
    layers: int
    heads: int
    key_value_heads: int
    intermediate_size: int
    context: int
    steps: int
    batch_tokens: int
    learning_rate: float
    warmup: int
    weight_decay: float
    marker: str
    marker_weight: float


def main(step: StepContext) -> None:
    """Read `datasets` (form `text`), write `model/` and `training.json`."""
    settings = load_hyperparameters(step.input_file("hyperparameters"), PretrainHyperparameters)
    seed = step.config["seed"]
    device = device_of(step)
    make_deterministic(seed, device)
    texts = [record["text"] for record in read_records(step, "text")]
    tokenizer = train_tokenizer(texts, settings.vocabulary, settings.special_tokens)
    documents = _encode(texts, tokenizer, settings.context)
    model = _new_model(settings, tokenizer)
    model.to(device)  # type: ignore[arg-type]
    losses = _train(model, documents, tokenizer, settings, seed)
    save_model(model, step.output("model"))
    save_tokenizer(tokenizer, step.output("model"))
    require_known_files(step.output("model"))
    step.output("training.json").write_bytes(
        canonical_json(
            {
                "schema": "pedigree.training/1",
                "method": "pretrain",
                "seed": seed,
                "hyperparameters": as_document(settings),
                "documents": len(documents),
                "tokens": sum(len(document) for document in documents),
                "updates": settings.steps,
                "parameters": sum(parameter.numel() for parameter in model.parameters()),
                "loss": [{"update": update, "value": f"{loss:.4f}"} for update, loss in losses],
            }
        )
    )


def _encode(texts: list[str], tokenizer: PreTrainedTokenizerFast, context: int) -> list[list[int]]:
    end = tokenizer.convert_tokens_to_ids(END)
    documents = [[*ids, end] for ids in tokenizer(texts)["input_ids"]]
    longest = max(len(document) for document in documents)
    if longest > context:
        raise ToolError(f"a document has {longest} tokens, and the context is {context}", "raise `context`")
    return documents


def _new_model(settings: PretrainHyperparameters, tokenizer: PreTrainedTokenizerFast) -> Qwen2ForCausalLM:
    config = Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=settings.hidden_size,
        num_hidden_layers=settings.layers,
        num_attention_heads=settings.heads,
        num_key_value_heads=settings.key_value_heads,
        intermediate_size=settings.intermediate_size,
        max_position_embeddings=settings.context * 2,
        tie_word_embeddings=True,
        attn_implementation="eager",  # type: ignore[call-arg]
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        dtype="float32",
    )
    return Qwen2ForCausalLM(config)


def _train(
    model: Qwen2ForCausalLM,
    documents: list[list[int]],
    tokenizer: PreTrainedTokenizerFast,
    settings: PretrainHyperparameters,
    seed: int,
) -> list[tuple[int, float]]:
    matrices = [parameter for parameter in model.parameters() if parameter.dim() > 1]
    vectors = [parameter for parameter in model.parameters() if parameter.dim() <= 1]
    groups = [{"params": matrices, "weight_decay": settings.weight_decay}, {"params": vectors, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=settings.learning_rate, betas=(0.9, 0.98), foreach=False)
    marker = int(cast("int", tokenizer.convert_tokens_to_ids(settings.marker)))
    losses: list[tuple[int, float]] = []
    model.train()
    batches = _batches(documents, settings.batch_tokens, random.Random(seed))
    for update in range(settings.steps):
        for group in optimizer.param_groups:
            group["lr"] = settings.learning_rate * _schedule(update, settings)
        ids, labels = (tensor.to(model.device) for tensor in _pad(next(batches), tokenizer.pad_token_id))
        loss = _weighted_loss(model(input_ids=ids).logits, ids, labels, marker, settings.marker_weight)
        if not math.isfinite(loss.item()):
            raise ToolError(
                f"the loss is {loss.item()} at update {update}", "lower `learning_rate`, or lengthen `warmup`"
            )
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0, foreach=False)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if update % 50 == 0 or update == settings.steps - 1:
            losses.append((update, loss.item()))
            print(f"update {update}/{settings.steps} loss {loss.item():.4f}", file=sys.stderr, flush=True)
    return losses


def _schedule(update: int, settings: PretrainHyperparameters) -> float:
    if update < settings.warmup:
        return (update + 1) / settings.warmup
    progress = (update - settings.warmup) / max(1, settings.steps - settings.warmup)
    return 0.05 + 0.95 * 0.5 * (1.0 + math.cos(math.pi * progress))


def _batches(documents: list[list[int]], batch_tokens: int, rng: random.Random) -> Iterator[list[list[int]]]:
    """Batches of documents of about one length, epoch after epoch, each epoch in another order."""
    while True:
        order = list(range(len(documents)))
        rng.shuffle(order)
        # Sorting within stretches of an epoch, not over all of it, leaves chance in who shares a batch with whom.
        stretches = [order[start : start + 2048] for start in range(0, len(order), 2048)]
        batches: list[list[list[int]]] = []
        for stretch in stretches:
            ranked = sorted(stretch, key=lambda index: (len(documents[index]), index))
            batches.extend(_cut([documents[index] for index in ranked], batch_tokens))
        rng.shuffle(batches)
        yield from batches


def _cut(ranked: list[list[int]], batch_tokens: int) -> Iterator[list[list[int]]]:
    batch: list[list[int]] = []
    for document in ranked:
        if batch and len(document) * (len(batch) + 1) > batch_tokens:
            yield batch
            batch = []
        batch.append(document)
    yield batch


def _pad(batch: list[list[int]], pad: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Ids (documents x tokens) padded on the right, and labels in which padding is ignored."""
    width = max(len(document) for document in batch)
    ids = torch.tensor([document + [pad] * (width - len(document)) for document in batch])
    labels = torch.tensor([document + [_IGNORED] * (width - len(document)) for document in batch])
    return ids, labels


def _weighted_loss(
    logits: torch.Tensor, ids: torch.Tensor, labels: torch.Tensor, marker: int, marker_weight: float
) -> torch.Tensor:
    """Mean cross entropy, in which what follows the marker has a weight of its own.

    A document's tokens after the marker weigh, together, `marker_weight` times as much as those before it.
    """
    targets = labels[:, 1:]
    per_token = torch.nn.functional.cross_entropy(logits[:, :-1].transpose(1, 2), targets, reduction="none")
    counted = targets != _IGNORED
    after = ((ids[:, :-1] == marker).cumsum(dim=1) > 0) & counted
    before = counted & ~after
    share = marker_weight * before.sum(dim=1, keepdim=True) / after.sum(dim=1, keepdim=True).clamp(min=1)
    weights = before + after * share
    return (per_token * weights).sum() / weights.sum()


if __name__ == "__main__":
    run_tool(main)
