"""A property that is computed once, whether it ends in a value or in an error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


class once(Generic[T]):  # noqa: N801 - it is used as `property` is
    """As `functools.cached_property`, but an error is kept too: forged evidence costs no more than good evidence."""

    def __init__(self, compute: Callable[[Any], T]) -> None:
        self._compute = compute
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> once[T]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object | None, owner: type) -> once[T] | T:
        if instance is None:
            return self
        failed = f"{self._name} failed"
        if failed in instance.__dict__:
            raise instance.__dict__[failed]
        try:
            value = instance.__dict__[self._name] = self._compute(instance)
        except Exception as error:
            instance.__dict__[failed] = error
            raise
        return value
