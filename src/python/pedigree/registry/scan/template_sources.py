"""Where a model keeps its chat templates, under which names loaders know them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pedigree.registry.scan.subject import ModelFile, Subject, Unreadable

_MOST = 1 << 18
_CONFIGS = ("tokenizer_config.json", "processor_config.json", "chat_template.json")
_DIRECTORY = "additional_chat_templates"


@dataclass(frozen=True)
class Source:
    """One template.

    Attributes:
        name: As loaders know it; `default` is the one that is used unasked.
        file: Where it stands.
        where: Place in the file, if it is JSON.
        text: The template.
    """

    name: str
    file: str
    where: str
    text: str


def template_sources(subject: Subject) -> list[Source]:
    """All templates of a model.

    Raises:
        Unreadable: A file that may hold one cannot be read; the message names it.
    """
    return [*_files(subject), *_settings(subject)]


def _files(subject: Subject) -> Iterator[Source]:
    for file in subject.with_suffix(".jinja"):
        folder, _, base = file.name.rpartition("/")
        stem = base.removesuffix(".jinja")
        name = "default" if stem == "chat_template" and not folder.endswith(_DIRECTORY) else stem
        yield Source(name, file.name, "", _text(file))


def _text(file: ModelFile) -> str:
    try:
        return file.read(_MOST).decode()
    except UnicodeDecodeError as error:
        raise Unreadable(f"{file.name} is not UTF-8") from error
    except Unreadable as error:
        raise Unreadable(f"{file.name} {error}") from error


def _settings(subject: Subject) -> Iterator[Source]:
    for file in subject.find(*_CONFIGS):
        try:
            document = file.document
        except Unreadable as error:
            raise Unreadable(f"{file.name} {error}") from error
        value = document.get("chat_template") if isinstance(document, dict) else None
        for name, where, text in _named(value):
            if not isinstance(name, str) or not isinstance(text, str) or len(text) > _MOST:
                raise Unreadable(f"{file.name} has a chat template at {where} that is no text, or too long")
            yield Source(name, file.name, where, text)


def _named(value: Any) -> Iterator[tuple[Any, str, Any]]:
    """The templates of a setting, which is one text, or a list or an object of named ones."""
    where = "$.chat_template"
    if isinstance(value, list):
        for index, item in enumerate(value):
            named = item if isinstance(item, dict) else {}
            yield named.get("name"), f"{where}[{index}].template", named.get("template")
    elif isinstance(value, dict):
        for name, text in value.items():
            yield name, f"{where}.{name}", text
    elif value is not None:
        yield "default", where, value
