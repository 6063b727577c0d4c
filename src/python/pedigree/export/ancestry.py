"""What the models of a release learned from and were asked, by the steps that did it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pedigree.export.evidence import Evidence
from pedigree.export.steps import DATASETS, MODELS, Step

_STARTED_FROM = ("base", "adapter")
_TRAINED = "datasets/"
_SETS = "sets/"


@dataclass(frozen=True)
class Remembered:
    """A dataset outside of the release that a base model was trained on: all that is known is its manifest.

    Attributes:
        path: Where the manifest lies in the repository.
        sha256: The digest of the manifest.
    """

    path: str
    sha256: str


@dataclass(frozen=True)
class Learned:
    """What a model was trained on.

    Attributes:
        datasets: Names of steps that made datasets, in the order of the steps.
        remembered: Datasets that base models remember.
        complete: Whether nothing else is among it: false where a base model does not say what it was trained on.
    """

    datasets: tuple[str, ...]
    remembered: tuple[Remembered, ...]
    complete: bool

    def __or__(self, other: Learned) -> Learned:
        datasets = dict.fromkeys((*self.datasets, *other.datasets))
        remembered = dict.fromkeys((*self.remembered, *other.remembered))
        return Learned(tuple(datasets), tuple(remembered), self.complete and other.complete)


def delivered_model(evidence: Evidence) -> Step:
    """The step that made the model which is delivered."""
    return evidence.by_name[evidence.release.inputs["model"]]


def models(evidence: Evidence) -> list[Step]:
    """The steps that made models, in order."""
    return [step for step in evidence.steps if step.kind in MODELS and step.is_whole]


def datasets(evidence: Evidence) -> list[Step]:
    """The steps that made datasets, without the parts that some are merged from."""
    return [step for step in evidence.steps if step.kind in DATASETS and step.is_whole]


def started_from(evidence: Evidence, model: Step) -> list[Step]:
    """The models that a stage started from: its base, and the adapter that it went on with."""
    return [evidence.by_name[model.inputs[role]] for role in _STARTED_FROM if role in model.inputs]


def own_learning(model: Step) -> Learned:
    """What a model's own stage was trained on; of a base model, what it remembers."""
    trained = tuple(sorted(step for role, step in model.inputs.items() if role.startswith(_TRAINED)))
    remembered = tuple(_remembered(model))
    return Learned(trained, remembered, model.kind != "base_model" or bool(remembered))


def all_learning(evidence: Evidence, model: Step) -> Learned:
    """What a model and all models before it were trained on."""
    learned = own_learning(model)
    for before in started_from(evidence, model):
        learned |= all_learning(evidence, before)
    return learned


def sets_asked(evidence: Evidence) -> dict[str, tuple[str, ...]]:
    """Step of a model -> the sets that it was asked, by the steps that asked it."""
    asked: dict[str, set[str]] = {}
    for step in evidence.steps:
        if step.kind == "evaluation" and "model" in step.inputs:
            sets = {origin for role, origin in step.inputs.items() if role.startswith(_SETS)}
            asked.setdefault(step.inputs["model"], set()).update(sets)
    return {model: tuple(sorted(sets)) for model, sets in asked.items()}


def _remembered(model: Step) -> Iterator[Remembered]:
    files = model.sources.get("files", {})
    for name in model.config.get("trained_on", []) if model.kind == "base_model" else []:
        for path, sha256 in sorted(files.items()):
            if path == name or path.endswith(f"/{name}"):
                yield Remembered(path, sha256)
