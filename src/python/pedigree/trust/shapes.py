"""The shape of a JSON document, so that what is read from it has the types that the reader counts on."""

from __future__ import annotations

from typing import Any


def require_shape(value: Any, shape: Any, origin: str) -> None:
    """Hold a parsed document against a shape.

    Args:
        value: What was parsed.
        shape: A type; a list with the shape of its items; an object with the shape of each field; or an object whose
            one field `*` gives the shape of all fields, whatever their names.
        origin: What to call the value in an error.

    Raises:
        ValueError: It has another shape.

    >>> require_shape({"a": [1]}, {"a": [int]}, "$")
    >>> require_shape({"a": ["1"]}, {"*": [int]}, "$")
    Traceback (most recent call last):
    ...
    ValueError: $.a[0] is not of type int
    """
    if isinstance(shape, type):
        # A truth value is a number in Python, and not in JSON.
        if not isinstance(value, shape) or (shape is int and isinstance(value, bool)):
            raise ValueError(f"{origin} is not of type {shape.__name__}")
    elif isinstance(shape, list):
        require_shape(value, list, origin)
        for index, item in enumerate(value):
            require_shape(item, shape[0], f"{origin}[{index}]")
    else:
        require_shape(value, dict, origin)
        _require_fields(value, shape, origin)


def _require_fields(value: dict[str, Any], shape: dict[str, Any], origin: str) -> None:
    fields = dict.fromkeys(value, shape["*"]) if "*" in shape else shape
    if other := sorted(set(value) ^ set(fields)):
        raise ValueError(f"{origin} has a field too few or too many: '{other[0]}'")
    for field, item in value.items():
        require_shape(item, fields[field], f"{origin}.{field}")
