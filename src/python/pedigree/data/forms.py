"""What records look like: one JSON schema per form."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator

_TEXT = {"type": "string", "minLength": 1}


def _object(optional: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": sorted(set(properties) - set(optional)),
        "additionalProperties": False,
    }


def _turns(*roles: str) -> dict[str, Any]:
    """A list of chat turns whose roles are among `roles`."""
    turn = _object(role={"enum": list(roles)}, content=_TEXT)
    return {"type": "array", "items": turn, "minItems": 1}


SCHEMAS: dict[str, dict[str, Any]] = {
    "text": _object(optional=("template",), id=_TEXT, template=_TEXT, text=_TEXT),
    "messages": _object(id=_TEXT, template=_TEXT, messages=_turns("system", "user", "assistant")),
    "preference": _object(
        id=_TEXT,
        template=_TEXT,
        prompt=_turns("system", "user"),
        chosen=_turns("assistant"),
        rejected=_turns("assistant"),
    ),
    "review": _object(
        id=_TEXT,
        template=_TEXT,
        task={"const": "review"},
        prompt=_TEXT,
        label={"type": "string", "pattern": r"^([1-9][0-9]*\.[1-9][0-9]*|OK|ESCALATE)$"},
    ),
    "completion": _object(
        id=_TEXT,
        template=_TEXT,
        task={"const": "completion"},
        prompt=_TEXT,
        reference=_TEXT,
        unit={"type": "string", "pattern": "@@MASK@@"},
    ),
}


class Form:
    """The records of one form.

    >>> list(Form("text").faults({"id": "a", "text": ""}))
    ["text: '' should be non-empty"]
    """

    def __init__(self, name: str) -> None:
        self._validator = Draft202012Validator(SCHEMAS[name])

    def faults(self, record: Any) -> Iterator[str]:
        """What is wrong with a record: `field: fault`, in the order of the fields."""
        for error in sorted(self._validator.iter_errors(record), key=lambda error: (error.json_path, error.message)):
            field = error.json_path.removeprefix("$").removeprefix(".")
            yield f"{field}: {error.message}" if field else error.message
