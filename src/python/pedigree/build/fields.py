"""The kinds of fields that the target types are made of: checked at parse time, and references to other targets."""

from __future__ import annotations

from typing import Any, ClassVar, Dict, Iterable, Optional, Tuple

from pants.engine.addresses import Address, UnparsedAddressInputs
from pants.engine.target import (
    DictStringToStringField,
    DictStringToStringSequenceField,
    Field,
    IntField,
    InvalidFieldException,
    MultipleSourcesField,
    RequiredFieldMissingException,
    SourcesField,
    SpecialCasedDependencies,
    StringField,
    StringSequenceField,
)
from pants.util.frozendict import FrozenDict

from pedigree.build.addresses import short
from pedigree.build.errors import in_field
from pedigree.build.validation import Fault


def invalid(address: Address, field: str, what: str, hint: str) -> InvalidFieldException:
    """The error of a value that Pants reports with the BUILD file's line."""
    return InvalidFieldException(str(in_field(short(address.spec), field, what, hint)))


class CheckedField(Field):
    """A field whose value is checked when the BUILD file is read.

    Attributes:
        example: What the hint proposes when a required field is missing.
    """

    example: ClassVar[str] = ""

    @classmethod
    def fault(cls, value: Any) -> Optional[Fault]:
        """What is wrong with a value, if anything is."""
        return None

    @classmethod
    def compute_value(cls, raw_value: Optional[Any], address: Address) -> Any:
        """Check a value."""
        try:
            value = super().compute_value(raw_value, address)
        except RequiredFieldMissingException:
            raise invalid(address, cls.alias, "must be set", f"add {cls.alias}={cls.example}") from None
        if cls.required and not value and isinstance(value, (str, tuple, FrozenDict)):
            raise invalid(address, cls.alias, "must not be empty", f"write for instance {cls.alias}={cls.example}")
        fault = None if value is None else cls.fault(value)
        if fault:
            raise invalid(address, cls.alias, fault.what, fault.hint)
        return value


class CheckedString(CheckedField, StringField):
    """A string that is checked."""

    @classmethod
    def compute_value(cls, raw_value: Optional[str], address: Address) -> Any:
        """Check a value; `help` shows the type of `raw_value`."""
        return super().compute_value(raw_value, address)


class CheckedInt(CheckedField, IntField):
    """A whole number that is checked."""

    @classmethod
    def compute_value(cls, raw_value: Optional[int], address: Address) -> Any:
        """Check a value; `help` shows the type of `raw_value`."""
        return super().compute_value(raw_value, address)


class CheckedStrings(CheckedField, StringSequenceField):
    """A list of strings that is checked."""

    @classmethod
    def compute_value(cls, raw_value: Optional[Iterable[str]], address: Address) -> Any:
        """Check a value; `help` shows the type of `raw_value`."""
        return super().compute_value(raw_value, address)


class CheckedMapping(CheckedField, DictStringToStringField):
    """A dictionary of strings that is checked."""

    @classmethod
    def compute_value(cls, raw_value: Optional[Dict[str, str]], address: Address) -> Any:
        """Check a value; `help` shows the type of `raw_value`."""
        return super().compute_value(raw_value, address)


class CheckedStringLists(CheckedField, DictStringToStringSequenceField):
    """A dictionary from strings to lists of strings that is checked."""

    @classmethod
    def compute_value(cls, raw_value: Optional[Dict[str, Iterable[str]]], address: Address) -> Any:
        """Check a value; `help` shows the type of `raw_value`."""
        return super().compute_value(raw_value, address)


class CheckedSources(CheckedField, MultipleSourcesField):
    """Files beside the BUILD file."""

    uses_source_roots = False

    @classmethod
    def compute_value(cls, raw_value: Optional[Iterable[str]], address: Address) -> Any:
        """Check a value; `help` shows the type of `raw_value`."""
        return super().compute_value(raw_value, address)


class ReferencesField(CheckedField, SpecialCasedDependencies):
    """Addresses of other targets; Pants shows them as dependencies."""

    @classmethod
    def compute_value(cls, raw_value: Optional[Iterable[str]], address: Address) -> Any:
        """Check a value; `help` shows the type of `raw_value`."""
        return super().compute_value(raw_value, address)


class ReferenceField(ReferencesField):
    """The address of one other target."""

    @classmethod
    def compute_value(  # type: ignore[override]
        cls, raw_value: Optional[str], address: Address
    ) -> Optional[Tuple[str, ...]]:
        """Take one address."""
        if raw_value is not None and (not isinstance(raw_value, str) or not raw_value):
            raise invalid(
                address, cls.alias, f"must be one address, but is {raw_value!r}", f"write {cls.alias}={cls.example}"
            )
        value: Optional[Tuple[str, ...]] = super().compute_value((raw_value,) if raw_value else None, address)
        return value


class LabelledReferencesField(SpecialCasedDependencies):
    """Label -> address of another target."""

    value: Any
    example: ClassVar[str] = ""

    @classmethod
    def compute_value(  # type: ignore[override]
        cls, raw_value: Optional[Dict[str, str]], address: Address
    ) -> Any:
        """Take a dictionary of addresses."""
        if raw_value is None:
            return None
        pairs = raw_value.items() if isinstance(raw_value, dict) else ((raw_value, None),)
        if not all(isinstance(part, str) for pair in pairs for part in pair):
            what = f"must be a dictionary from label to address, but is {raw_value!r}"
            raise invalid(address, cls.alias, what, f"write {cls.alias}={cls.example}")
        return FrozenDict(raw_value)

    def to_unparsed_address_inputs(self) -> UnparsedAddressInputs:
        """The addresses, in the order of the labels."""
        return UnparsedAddressInputs(
            tuple((self.value or {}).values()),
            owning_address=self.address,
            description_of_origin=f"the `{self.alias}` field from the target {self.address}",
        )


def unmatched(field: SourcesField, patterns: Iterable[str]) -> InvalidFieldException:
    """The error of file names or globs that match nothing."""
    names = ", ".join(f"'{pattern}'" for pattern in patterns)
    where = field.address.spec_path or "the root of the repository"
    return invalid(
        field.address, field.alias, f"{names} matches no file in {where}", "mend the name, or put the file there"
    )
