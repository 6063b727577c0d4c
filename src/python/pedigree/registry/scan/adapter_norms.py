"""Check `adapter-norms`: no module is changed far more, or far more narrowly, than its like.

A back door needs little: training on a trigger piles up in few modules, and there in few directions (Merenciano et al.,
Weight space detection of backdoors in LoRA adapters, arXiv:2602.15195, 2026; Lelle, arXiv:2605.30189, 2026). Without a
bank of good adapters to learn from, each module is held against the others of its adapter. That finds what sticks out,
and not one that was trained to hide; so a finding asks for a look, and none proves nothing. The probe battery asks the
model itself.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping

import numpy
from numpy.typing import NDArray

from pedigree.registry.safetensors import Tensor
from pedigree.registry.scan.adapter_parts import CONFIG, WEIGHTS, Adapter, Module, base_tensors, read_adapter
from pedigree.registry.scan.findings import Figure, Finding, refuse, review
from pedigree.registry.scan.outliers import robust_scores
from pedigree.registry.scan.subject import ModelFile, Subject, Unreadable

CLAIM = "no module is changed far more, or more narrowly, than the others of its kind"
TOOL = "numpy"

_BLOCK = 1 << 22  # bytes
_FEWEST = 5
_LARGEST_FACTOR = 64
# Scores above it are outliers: Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993.
_THRESHOLD = 3.5
# Differences below these are how training goes: a tenth of a norm, a twentieth of all energy.
_PLAIN_NORM, _PLAIN_SHARE = 0.10, 0.05

_TINY = float(numpy.finfo(numpy.float64).tiny)

Matrix = NDArray[numpy.float64]
Base = Mapping[str, tuple[ModelFile, Tensor]]


def check_adapter_norms(subject: Subject) -> Iterator[Finding | Figure]:
    """Modules whose norm or whose share of the first direction is an outlier; the figures of all of them."""
    try:
        adapter = read_adapter(subject)
        base = base_tensors(subject.approved or subject)
        changes = dict(_changes(adapter, base))
    except Unreadable as error:
        yield refuse("", str(error))
        return
    yield from _scale(adapter)
    yield from _unmeasured(adapter, base)
    for name, (norm, share) in changes.items():
        yield Figure(f"{name} norm of the change by that of the weights", f"{norm:.3g}")
        yield Figure(f"{name} share of the first direction", f"{share:.3g}")
    # What was never trained is zero, and neither large nor small.
    trained = {name: change for name, change in changes.items() if change[0] > 0}
    yield from _too_much(trained)
    yield from _outliers({name: float(numpy.log(norm)) for name, (norm, _) in trained.items()}, _PLAIN_NORM, "more")
    yield from _outliers({name: share for name, (_, share) in trained.items()}, _PLAIN_SHARE, "more narrowly")


def _scale(adapter: Adapter) -> Iterator[Finding]:
    """A factor that no training needs, which makes much of small matrices, or little of large ones."""
    factor = float(adapter.settings["lora_alpha"]) / adapter.settings["r"]
    if not 1 / _LARGEST_FACTOR <= factor <= _LARGEST_FACTOR:
        what = f"scales by lora_alpha / r = {factor:.3g}, which is not from 1/{_LARGEST_FACTOR} to {_LARGEST_FACTOR}"
        yield review(CONFIG, what, "$.lora_alpha")


def _unmeasured(adapter: Adapter, base: Base) -> Iterator[Finding]:
    """Modules whose weights the base holds in numbers that are not read here: they are held against nothing."""
    for module in adapter.modules:
        weights = base.get(f"{module.name}.weight")
        if weights is not None and weights[1].dtype not in _READ:
            yield review(WEIGHTS, f"was not measured: the base has it in {weights[1].dtype}", f"module '{module.name}'")


def _too_much(trained: Mapping[str, tuple[float, float]]) -> Iterator[Finding]:
    """Modules of which more is new than old, and adapters with too few of them to hold one against the others."""
    for name, (norm, _) in trained.items():
        if norm > 1:
            yield review(WEIGHTS, f"is changed by {norm:.3g} of its norm: more is new than old", f"module '{name}'")
    if len(trained) < _FEWEST:
        yield review(
            WEIGHTS, f"cannot judge which module sticks out: {len(trained)} are changed, and it takes {_FEWEST}"
        )


def _changes(adapter: Adapter, base: Base) -> Iterator[tuple[str, tuple[float, float]]]:
    """For each module ||scale B A|| / ||W||, and the share of the first direction."""
    for module in adapter.modules:
        parts = _parts(module, base)
        if parts is None:
            continue
        try:
            norm, share = _change(*(_read(adapter.file, part) for part in parts))
        except Unreadable as error:
            raise Unreadable(f"module '{module.name}' {error}") from error
        whole = _norm(*base[f"{module.name}.weight"])
        yield module.name, (abs(adapter.scale) * norm / max(whole, _TINY), share)


def _outliers(values: Mapping[str, float], plain: float, how: str) -> Iterator[Finding]:
    """Modules that are changed so, held against those of the same name in other layers where there are enough."""
    kinds: dict[str, list[str]] = defaultdict(list)
    for name in values:
        kinds[name.rpartition(".")[2]].append(name)
    for names in kinds.values():
        like = names if len(names) >= _FEWEST else list(values)
        scores = dict(zip(like, robust_scores([values[name] for name in like], plain)))
        for name in names:
            if scores[name] > _THRESHOLD:
                yield review(WEIGHTS, f"is changed {how} than its like: score {scores[name]:.1f}", f"module '{name}'")


def _parts(module: Module, base: Base) -> tuple[Tensor, Tensor] | None:
    """A and B; None when the norm of what they add cannot be taken: `adapter-modules` says what is wrong with them."""
    down, up = module.down, module.up
    weights = base.get(f"{module.name}.weight")
    if down is None or up is None or weights is None:
        return None
    if any(len(part.shape) != 2 or part.dtype not in _READ for part in (down, up, weights[1])):
        return None
    rank, columns = down.shape
    fits = (up.shape[0], columns) == weights[1].shape and up.shape[1] == rank
    return (down, up) if fits and 0 < rank <= min(weights[1].shape) else None


def _change(down: Matrix, up: Matrix) -> tuple[float, float]:
    """||B A|| with Frobenius' norm, and the share of the largest singular value in its square.

    B A has the shape of the weights, but no more singular values than A has rows: their squares are the eigenvalues of
    (B^T B)(A A^T).
    """
    with numpy.errstate(all="ignore"):
        product = (up.T @ up) @ (down @ down.T)
    if not numpy.isfinite(product).all():
        raise Unreadable("has numbers whose norm is none")
    energies = numpy.clip(numpy.linalg.eigvals(product).real, 0, None)
    total = float(energies.sum())
    return total**0.5, float(energies.max()) / total if total else 0.0


def _norm(file: ModelFile, tensor: Tensor) -> float:
    """Frobenius' norm of a tensor, a block at a time."""
    total = 0.0
    with file.open() as stream:
        stream.seek(tensor.start)
        for start in range(tensor.start, tensor.stop, _BLOCK):
            block = _READ[tensor.dtype](stream.read(min(_BLOCK, tensor.stop - start)))
            total += float(block @ block)
    return math.sqrt(total)


def _read(file: ModelFile, tensor: Tensor) -> Matrix:
    with file.open() as stream:
        stream.seek(tensor.start)
        return _READ[tensor.dtype](stream.read(tensor.stop - tensor.start)).reshape(tensor.shape)


def _bfloat(content: bytes) -> Matrix:
    """BF16 is the upper half of F32."""
    halves = numpy.zeros(len(content), dtype="<u2")
    halves[1::2] = numpy.frombuffer(content, "<u2")
    return halves.view("<f4").astype(numpy.float64)


_READ: Mapping[str, Callable[[bytes], Matrix]] = {
    "BF16": _bfloat,
    "F16": lambda content: numpy.frombuffer(content, "<f2").astype(numpy.float64),
    "F32": lambda content: numpy.frombuffer(content, "<f4").astype(numpy.float64),
}
