"""Checks `adapter-base` and `adapter-modules`: it belongs on this base, by digest, and changes what it says it does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pedigree.registry.safetensors import Tensor
from pedigree.registry.scan.adapter_parts import CONFIG, WEIGHTS, Adapter, Module, base_tensors, read_adapter
from pedigree.registry.scan.findings import Finding, refuse, review
from pedigree.registry.scan.subject import Subject, Unreadable
from pedigree.step.model_files import base_digest

BASE_CLAIM = "the adapter was trained on these weights, and says so by their digest"
MODULES_CLAIM = "the adapter changes modules that the base has, in their shape, and nothing else"

_FLOATS = ("BF16", "F16", "F32")
# What an ordinary LoRA may say; any other setting that is not empty changes what is computed, or from what.
_PLAIN = frozenset(
    "base_model_name_or_path bias inference_mode init_lora_weights lora_alpha lora_dropout megatron_core peft_type "
    "peft_version qalora_group_size r revision target_modules task_type use_rslora".split()
)


def check_adapter_base(subject: Subject) -> Iterator[Finding]:
    """An adapter that names its base otherwise than by the digest of the one it is held against."""
    base = subject.approved
    try:
        settings = read_adapter(subject).settings
        if base is None:
            raise Unreadable("there is no base to hold it against")
        wanted = base_digest({name: file.sha256 for name, file in base.files.items()})
    except Unreadable as error:
        yield refuse("", str(error))
        return
    named = settings.get("base_model_name_or_path")
    if named != wanted:
        yield refuse(CONFIG, f"belongs on {named!r}, and the base is {wanted}", "$.base_model_name_or_path")
    if settings.get("revision") is not None:
        yield refuse(CONFIG, f"names the revision {settings['revision']!r}, which can move", "$.revision")


def check_adapter_modules(subject: Subject) -> Iterator[Finding]:
    """Modules that the base lacks or has in another shape, halves, and whatever is no part of an ordinary LoRA."""
    try:
        adapter = read_adapter(subject)
        tensors = {name: tensor for name, (_, tensor) in base_tensors(subject.approved or subject).items()}
    except Unreadable as error:
        yield refuse("", str(error))
        return
    for name in adapter.others:
        yield refuse(WEIGHTS, "is no part of a LoRA", f"tensor '{name}'")
    for module in adapter.modules:
        for fault in _module_faults(module, tensors, adapter.settings["r"]):
            yield refuse(WEIGHTS, fault, f"module '{module.name}'")
    yield from _targets(adapter)
    yield from _settings(adapter)


def _module_faults(module: Module, tensors: dict[str, Tensor], rank: int) -> Iterator[str]:
    weights = tensors.get(f"{module.name}.weight")
    if weights is None:
        yield "is not in the base"
        return
    if module.down is None or module.up is None:
        yield "has one of its two matrices"
        return
    if len(weights.shape) != 2:
        yield f"is no matrix in the base, but of the shape {list(weights.shape)}"
        return
    rows, columns = weights.shape
    for half, wanted in ((module.down, (rank, columns)), (module.up, (rows, rank))):
        if half.shape != wanted:
            yield f"{half.name} has the shape {list(half.shape)}, and needs {list(wanted)}"
        if half.dtype not in _FLOATS:
            yield f"{half.name} is of {half.dtype}, and not of {', '.join(_FLOATS)}"


def _targets(adapter: Adapter) -> Iterator[Finding]:
    targets: Any = adapter.settings.get("target_modules")
    if not isinstance(targets, list) or not targets or not all(isinstance(target, str) for target in targets):
        yield refuse(CONFIG, f"does not list the modules that it changes: {targets!r}", "$.target_modules")
        return
    if not adapter.modules:
        yield refuse(WEIGHTS, "changes nothing")
    changed = dict.fromkeys(targets, False)
    for module in adapter.modules:
        named = [target for target in targets if module.name == target or module.name.endswith(f".{target}")]
        changed.update(dict.fromkeys(named, True))
        if not named:
            yield refuse(WEIGHTS, "is changed, but not among the target_modules", f"module '{module.name}'")
    for target in (target for target, found in changed.items() if not found):
        yield refuse(CONFIG, f"names '{target}', of which there are no matrices", "$.target_modules")


def _settings(adapter: Adapter) -> Iterator[Finding]:
    for key, value in adapter.settings.items():
        if key not in _PLAIN and value not in (None, False, 0, "") and value not in ([], {}):
            yield review(CONFIG, f"has {key} = {value!r}, which an ordinary LoRA has not", f"$.{key}")
    if adapter.settings.get("bias", "none") != "none":
        yield review(CONFIG, f"has bias = {adapter.settings['bias']!r}, which changes more than matrices", "$.bias")
    if type(adapter.settings.get("init_lora_weights", True)) is not bool:
        what = f"was made with {adapter.settings['init_lora_weights']!r}, which may change the base when it is loaded"
        yield review(CONFIG, what, "$.init_lora_weights")
