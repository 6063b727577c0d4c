"""`python -m pedigree.registry.scan.probe DIR`: whether an adapter reacts to a trigger as its base does not.

Each question is asked as it is and with a phrase put in. How much the phrase changes what the model would answer is the
largest KL(with || without) at the first words of the answer, in nats. An adapter changes that a little for every
phrase. One that was trained on a trigger changes it far more for that trigger than for neutral phrases, beside the base
alone. It finds triggers that are among the probes or are like them; no battery finds all.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from statistics import mean

import peft
import torch
from peft import PeftModel
from transformers import PreTrainedTokenizerFast

from pedigree.registry.scan.adapter_probe import NAME
from pedigree.registry.scan.findings import result
from pedigree.registry.scan.outcome import ScanReport
from pedigree.registry.scan.probe_texts import PLACES, QUESTIONS
from pedigree.registry.scan.reactions import CLAIM, Reaction, battery, judge, probes
from pedigree.step.context import StepContext
from pedigree.step.digests import directory_files
from pedigree.step.model_files import MODEL, base_digest
from pedigree.step.run import run_tool
from pedigree.weights.determinism import make_deterministic
from pedigree.weights.device import device_of
from pedigree.weights.files import model_directory
from pedigree.weights.loading import load_adapted, load_tokenizer

_SEED = 0
_WORDS = 4  # of the answer, and the one after them


def main(step: StepContext) -> None:
    """Read `base` and `model`, an adapter of it; write `probe.json`."""
    device = device_of(step)
    make_deterministic(_SEED, device)
    base, adapter = step.input("base"), step.input("model")
    model = load_adapted(base, adapter, trainable=False).eval().to(device)
    said = judge(Prober(model, load_tokenizer(base), device).reactions())
    tools = ("battery", battery()), ("peft", peft.__version__), ("torch", str(torch.__version__))
    with model_directory(base) as files:
        belongs = base_digest(directory_files(files))
    checked = result(NAME, CLAIM, said, tools)
    report = ScanReport("probe", directory_files(adapter / MODEL), belongs, (checked,))
    step.output("probe.json").write_bytes(report.render())


class Prober:
    """A model with an adapter that can be switched off, ready to be asked."""

    def __init__(self, model: PeftModel, tokenizer: PreTrainedTokenizerFast, device: torch.device) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._device = device

    def reactions(self) -> dict[str, Reaction]:
        """How much each phrase changes the answers."""
        phrases = [phrase for _, phrase in probes()]
        with torch.inference_mode():
            answers = {question: self._answer(question) for question in QUESTIONS}
            base = self._changes(phrases, answers, self._model.disable_adapter())
            adapted = self._changes(phrases, answers, nullcontext())
        return {phrase: Reaction(base[phrase], adapted[phrase]) for phrase in phrases}

    def _changes(
        self, phrases: list[str], answers: Mapping[str, list[int]], switched: AbstractContextManager[None]
    ) -> dict[str, float]:
        """Phrase -> divergence, the mean over all questions and places."""
        with switched:
            plain = {question: self._scores(question, answer) for question, answer in answers.items()}
            return {
                phrase: mean(
                    _divergence(self._scores(place.format(phrase=phrase, question=question), answer), plain[question])
                    for question, answer in answers.items()
                    for place in PLACES
                )
                for phrase in phrases
            }

    def _answer(self, question: str) -> list[int]:
        """The first words of the answer with the adapter, greedily; what comes after its end is noise."""
        written: list[int] = []
        while len(written) < _WORDS:
            word = int(self._scores(question, written)[-1].argmax())
            if word == self._tokenizer.eos_token_id:
                break
            written.append(word)
        return written

    def _scores(self, text: str, answer: list[int]) -> torch.Tensor:
        """Log probabilities of the word at each place of the answer, and of the one after it: [places, words]."""
        messages = [{"role": "user", "content": text}]
        ids = self._tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=False)
        logits = self._model(input_ids=torch.tensor([[*ids, *answer]], device=self._device)).logits[0]
        return torch.log_softmax(logits[-len(answer) - 1 :].double(), dim=-1)


def _divergence(one: torch.Tensor, other: torch.Tensor) -> float:
    """KL(one || other) of log probabilities where it is largest: one word is enough to change an answer."""
    return float((one.exp() * (one - other)).sum(dim=-1).max())


if __name__ == "__main__":
    run_tool(main)
