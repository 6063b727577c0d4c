"""Lets one model answer the items of an evaluation's sets.

Items are answered one by one: the composition of a batch changes the order of sums, and so the last digits. A review
is answered by one forward pass, as a distribution over the verdicts; a completion is written greedily.
"""

from __future__ import annotations

import re
import sys
from typing import Any

import torch
from transformers import DynamicCache, PreTrainedTokenizerFast

from pedigree.evaluation.items import COMPLETION, REVIEW, Item, read_items
from pedigree.step.canonical import canonical_json
from pedigree.step.context import StepContext
from pedigree.step.errors import ToolError
from pedigree.step.run import run_tool
from pedigree.weights.determinism import make_deterministic
from pedigree.weights.device import device_of
from pedigree.weights.loading import load_judged, load_tokenizer

_VERDICT = re.compile(r"<\|(\d+\.\d+|OK|ESCALATE)\|>")
_LONGEST_COMPLETION = 64
_SEED = 0


def main(step: StepContext) -> None:
    """Read `model`, perhaps `base`, and `sets`; write `predictions.jsonl` and `predict.json`."""
    device = device_of(step)
    make_deterministic(_SEED, device)
    items = sorted(read_items(step.inputs("sets")).values(), key=lambda item: item.id)
    predictor = Predictor(load_judged(step), load_tokenizer(step.input("model")), device)
    lines = []
    for number, item in enumerate(items, 1):
        lines.append(canonical_json(predictor.predict(item)) + b"\n")
        if number % 100 == 0 or number == len(items):
            print(f"{number} of {len(items)} items answered", file=sys.stderr, flush=True)
    step.output("predictions.jsonl").write_bytes(b"".join(lines))
    step.output("predict.json").write_bytes(
        canonical_json({"schema": "pedigree.predict/1", "stage": step.config["stage"], "items": len(items)})
    )


class Predictor:
    """A model and its tokenizer, ready to answer items."""

    def __init__(self, model: torch.nn.Module, tokenizer: PreTrainedTokenizerFast, device: torch.device) -> None:
        self._model = model.eval().to(device)
        self._device = device
        self._tokenizer = tokenizer
        verdicts = {
            match.group(1): index
            for token, index in tokenizer.get_vocab().items()
            if (match := _VERDICT.fullmatch(token))
        }
        self._verdicts = sorted(verdicts)
        ids = [verdicts[verdict] for verdict in self._verdicts]
        self._verdict_ids = torch.tensor(ids, dtype=torch.long, device=device)
        self._tasks = {REVIEW: self._review, COMPLETION: self._complete}

    def predict(self, item: Item) -> dict[str, Any]:
        """Answer one item."""
        with torch.inference_mode():
            return {"id": item.id, "task": item.task, **self._tasks[item.task](self._prompt(item.prompt))}

    def _prompt(self, text: str) -> torch.Tensor:
        messages = [{"role": "user", "content": text}]
        ids = self._tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=False)
        return torch.tensor([ids], device=self._device)

    def _review(self, ids: torch.Tensor) -> dict[str, Any]:
        if not self._verdicts:
            raise ToolError("the tokenizer has no token for a verdict", "train it with tokens such as <|OK|>")
        logits = self._model(input_ids=ids).logits[0, -1, self._verdict_ids]
        scores = torch.softmax(logits.double(), dim=0).tolist()
        best = max(range(len(scores)), key=lambda index: (scores[index], self._verdicts[index]))
        return {
            "answer": self._verdicts[best],
            "confidence": f"{scores[best]:.6f}",
            "scores": {verdict: f"{score:.6f}" for verdict, score in zip(self._verdicts, scores, strict=True)},
        }

    def _complete(self, ids: torch.Tensor) -> dict[str, Any]:
        cache = DynamicCache()
        written: list[int] = []
        log_probability = 0.0
        step_ids = ids
        while len(written) < _LONGEST_COMPLETION:
            logits = self._model(input_ids=step_ids, past_key_values=cache, use_cache=True).logits[0, -1]
            scores = torch.log_softmax(logits.double(), dim=0)
            token = int(torch.argmax(scores))
            log_probability += float(scores[token])
            if token == self._tokenizer.eos_token_id:
                break
            written.append(token)
            step_ids = torch.tensor([[token]], device=self._device)
        answer = self._tokenizer.decode(written, skip_special_tokens=False)
        return {"answer": answer, "confidence": f"{torch.tensor(log_probability, dtype=torch.double).exp().item():.6f}"}


if __name__ == "__main__":
    run_tool(main)
