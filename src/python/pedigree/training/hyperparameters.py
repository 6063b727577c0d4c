"""Hyperparameters: a YAML file, read into a frozen dataclass, with errors that name file and field."""

from __future__ import annotations

from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar, cast, get_type_hints

import yaml

from pedigree.step.errors import ToolError

T = TypeVar("T")


@dataclass(frozen=True)
class Schedule:
    """What every stage that goes over its data in passes is given.

    Attributes:
        epochs: Passes over the data.
        batch_size: Examples of an update.
        learning_rate: Peak of the cosine schedule.
        warmup: Updates of the linear warm-up.
        context: Longest example in tokens, prompt and answer; longer ones are refused.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    warmup: int
    context: int


def load_hyperparameters(path: Path, into: type[T]) -> T:
    """Read a YAML mapping into the dataclass `into`; fields are `int`, `float`, `bool`, `str` or tuples of one.

    Raises:
        ToolError: The file is not a mapping, names an unknown field, lacks a required one, or a value has another type.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ToolError(f"{path.name} is not YAML: {error}", "mend the file") from error
    if not isinstance(document, dict):
        raise ToolError(f"{path.name} is not a mapping of names to values", "write `name: value` lines")
    known = {field.name: field for field in fields(into)}  # type: ignore[arg-type]
    unknown = sorted(set(document) - set(known))
    if unknown:
        raise ToolError(f"{path.name} names an unknown hyperparameter '{unknown[0]}'", f"known: {', '.join(known)}")
    missing = sorted(name for name, field in known.items() if name not in document and field.default is MISSING)
    if missing:
        raise ToolError(f"{path.name} lacks the hyperparameter '{missing[0]}'", f"add a line `{missing[0]}: ...`")
    types = get_type_hints(into)
    return into(**{name: _checked(value, types[name], f"{path.name}: {name}") for name, value in document.items()})


def as_document(settings: object) -> dict[str, Any]:
    """The settings for a JSON document: decimals are strings, lists are lists."""
    return {name: _plain(value) for name, value in asdict(cast("Any", settings)).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return repr(value)
    return [_plain(one) for one in value] if isinstance(value, tuple) else value


def _checked(value: Any, wanted: Any, where: str) -> Any:
    item = getattr(wanted, "__args__", (None,))[0]
    if item is not None:
        if not isinstance(value, list):
            raise ToolError(f"{where} is {value!r}, not a list", "write a list, [first, second]")
        return tuple(_checked(entry, item, where) for entry in value)
    if wanted is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not wanted:
        raise ToolError(f"{where} is {value!r}, not of type {wanted.__name__}", "YAML reads 1e-3 as text: write 1.0e-3")
    return value
