"""What a target says about itself to the targets that name it, and what they demand of it. Imports nothing of Pants."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pedigree.build.errors import in_field

DATASETS = ("dataset", "synthetic_dataset")
MODELS = ("base_model", "finetune")


@dataclass(frozen=True)
class Facts:
    """What one target says about itself.

    Attributes:
        address: Its address.
        kind: Its target type.
        sealed: For datasets: only evaluation may read it.
        form: For datasets: what a record looks like.
        adapter: For models: the weights are an adapter of `base`.
        base: For adapters: address of the model that the adapter belongs on.
        datasets: For models: addresses of the datasets that its own stage trained on.
        started_from: For models: addresses of the models that its stage started from.
        sets: For suites: addresses of the sets.
        model: For evaluations: address of the model that is judged.
        suite: For evaluations: address of the suite.
    """

    address: str
    kind: str
    sealed: bool = False
    form: str = ""
    adapter: bool = False
    base: str = ""
    datasets: tuple[str, ...] = ()
    started_from: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    model: str = ""
    suite: str = ""


def require_kind(owner: str, field: str, facts: Facts, kinds: Iterable[str]) -> None:
    """Refuse a dependency of the wrong kind.

    Raises:
        BuildError: The named target is of another type.
    """
    allowed = tuple(kinds)
    if facts.kind not in allowed:
        wanted = " or ".join(f"`{kind}`" for kind in allowed)
        raise in_field(owner, field, f"'{facts.address}' is a `{facts.kind}`", f"name a target of type {wanted}")


def require_open(owner: str, field: str, facts: Facts) -> None:
    """Refuse a sealed set where a training step would read it.

    Raises:
        BuildError: The set is sealed.
    """
    if facts.sealed:
        raise in_field(
            owner,
            field,
            f"'{facts.address}' is sealed; no training step may read it",
            "train on another set; sealed sets belong in an `eval_suite`",
        )


def require_sealed(owner: str, field: str, facts: Facts) -> None:
    """Refuse an evaluation set that training could read.

    Raises:
        BuildError: The set is not sealed.
    """
    if not facts.sealed:
        raise in_field(
            owner, field, f"'{facts.address}' is not sealed", f"add sealed=True to the target '{facts.address}'"
        )


def require_form(owner: str, field: str, facts: Facts, forms: Iterable[str], why: str) -> None:
    """Refuse a dataset whose records have another form than is read from it.

    Raises:
        BuildError: Its form is not among `forms`.
    """
    allowed = tuple(forms)
    if facts.form not in allowed:
        wanted = " or ".join(f"'{form}'" for form in allowed)
        raise in_field(
            owner, field, f"'{facts.address}' has the form '{facts.form}'; {why}", f"name a set of the form {wanted}"
        )


def require_full_weights(owner: str, field: str, facts: Facts) -> None:
    """Refuse an adapter where a whole model is needed.

    Raises:
        BuildError: The model is an adapter.
    """
    if facts.adapter:
        raise in_field(
            owner,
            field,
            f"'{facts.address}' is an adapter of '{facts.base}', not a whole model",
            f"name '{facts.base}' here, and '{facts.address}' in the field 'adapter' if training starts from it",
        )


def require_adapter_of(owner: str, facts: Facts, base: str) -> None:
    """Refuse a starting adapter that belongs on another model.

    Raises:
        BuildError: Not an adapter, or one of another base.
    """
    if not facts.adapter:
        raise in_field(
            owner, "adapter", f"'{facts.address}' has full weights", "name it in the field 'base', or drop 'adapter'"
        )
    if facts.base != base:
        raise in_field(
            owner,
            "adapter",
            f"'{facts.address}' is an adapter of '{facts.base}', but the base is '{base}'",
            f"set base to '{facts.base}', or name an adapter of '{base}'",
        )


def require_different(owner: str, field: str, addresses: Iterable[str]) -> None:
    """Refuse a list that names one target twice.

    Raises:
        BuildError: A target is named twice.
    """
    seen: set[str] = set()
    for address in addresses:
        if address in seen:
            raise in_field(owner, field, f"'{address}' is named twice", "name it once")
        seen.add(address)
