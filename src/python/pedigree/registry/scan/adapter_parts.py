"""A LoRA adapter as its files say it: the matrices of each module, and what they are scaled by.

It adds scale * B A to the weights W of a module, with A of the shape [rank, in], B of [out, rank] and W of [out, in]
(Hu et al., LoRA, 2021, section 4.1).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pedigree.registry.safetensors import MalformedWeights, Tensor
from pedigree.registry.scan.subject import ModelFile, Subject, Unreadable
from pedigree.registry.scan.weights import tensors_of

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
_LARGEST = 1 << 53  # whole numbers above it are not exact in a float
_PART = re.compile(r"base_model\.model\.(?P<module>.+)\.lora_(?P<half>[AB])\.weight")


@dataclass(frozen=True)
class Module:
    """What an adapter adds to one module.

    Attributes:
        name: Of the module in the base model, as `model.layers.0.self_attn.q_proj`.
        down: The matrix A; None when it is missing.
        up: The matrix B; None when it is missing.
    """

    name: str
    down: Tensor | None
    up: Tensor | None


@dataclass(frozen=True)
class Adapter:
    """An adapter.

    Attributes:
        settings: What its configuration says.
        file: With the matrices.
        modules: By the name of the module, sorted.
        others: Names of tensors that are no part of a LoRA.
    """

    settings: Mapping[str, Any]
    file: ModelFile
    modules: tuple[Module, ...]
    others: tuple[str, ...]

    @property
    def scale(self) -> float:
        """What every product of matrices is multiplied by."""
        rank = self.settings["r"]
        return float(self.settings["lora_alpha"]) / (math.sqrt(rank) if self.settings.get("use_rslora") else rank)


def read_adapter(subject: Subject) -> Adapter:
    """The adapter in a directory.

    Raises:
        Unreadable: It is none of a kind that is known here; the message says why.
    """
    for name in (CONFIG, WEIGHTS):
        if name not in subject.files:
            raise Unreadable(f"there is no {name}")
    settings = subject.files[CONFIG].document
    if not isinstance(settings, dict) or settings.get("peft_type") != "LORA":
        raise Unreadable(f"{CONFIG} is not that of a LoRA")
    rank, alpha = settings.get("r"), settings.get("lora_alpha")
    if type(rank) is not int or rank < 1 or isinstance(alpha, bool) or not isinstance(alpha, (int, float)):
        raise Unreadable(f"{CONFIG} has no rank and no scale: r is {rank!r}, lora_alpha is {alpha!r}")
    if not -_LARGEST < alpha < _LARGEST or rank > _LARGEST:
        raise Unreadable(f"{CONFIG} has a scale that is out of all proportion")
    try:
        tensors = tensors_of(subject.files[WEIGHTS])
    except MalformedWeights as error:
        raise Unreadable(f"{WEIGHTS}: {error}") from error
    halves: dict[str, dict[str, Tensor]] = {}
    others = []
    for tensor in tensors:
        part = _PART.fullmatch(tensor.name)
        if part is None:
            others.append(tensor.name)
        else:
            halves.setdefault(part["module"], {})[part["half"]] = tensor
    modules = (Module(name, found.get("A"), found.get("B")) for name, found in sorted(halves.items()))
    return Adapter(settings, subject.files[WEIGHTS], tuple(modules), tuple(sorted(others)))


def base_tensors(base: Subject) -> dict[str, tuple[ModelFile, Tensor]]:
    """The tensors of a base model, each with the file that holds it, by name.

    Raises:
        Unreadable: A file is not well-formed.
    """
    found = {}
    for file in base.with_suffix(".safetensors"):
        try:
            found.update({tensor.name: (file, tensor) for tensor in tensors_of(file)})
        except MalformedWeights as error:
            raise Unreadable(f"the base model's {file.name}: {error}") from error
    return found
