"""The files of a model while they are looked at: each is opened without following a link, and must stay as it was."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

from pedigree.registry.scan.tree import FILE, Entry, list_tree
from pedigree.registry.sizes import show_bytes
from pedigree.registry.verified import sha256_descriptor
from pedigree.step.canonical import MalformedJson, parse_json

_MOST_JSON = 64 << 20
_MOST_VALUES = 8_000_000  # commas, braces and brackets: what a parser makes objects of


class Unreadable(ValueError):
    """A file cannot be looked at; the message says why, without its name."""


@dataclass(frozen=True)
class ModelFile:
    """A plain file of a model.

    Attributes:
        name: Path in the model's directory, with `/`.
        path: Where it lies.
        status: What the file system said when it was listed.
        linked: It is reached through a link that this program made itself.
    """

    name: str
    path: Path
    status: os.stat_result
    linked: bool = False

    @property
    def size(self) -> int:
        """Bytes."""
        return self.status.st_size

    def open(self) -> BinaryIO:
        """Open it for reading.

        Raises:
            Unreadable: It cannot be opened, or is no longer the file that was listed.
        """
        # Not through a link, and not waiting for somebody to write to a pipe.
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if self.linked else os.O_NOFOLLOW)
        try:
            descriptor = os.open(self.path, flags)
        except OSError as error:
            raise Unreadable(f"cannot be opened: {error.strerror}") from error
        if _identity(os.fstat(descriptor)) != _identity(self.status):
            os.close(descriptor)
            raise Unreadable("has changed while it was looked at")
        return os.fdopen(descriptor, "rb")

    def read(self, most: int) -> bytes:
        """All its bytes.

        Raises:
            Unreadable: It is larger than `most`, or as `open`.
        """
        if self.size > most:
            raise Unreadable(f"has {show_bytes(self.size)}, and at most {show_bytes(most)} are looked at")
        with self.open() as stream:
            content = stream.read(self.size + 1)
        if len(content) != self.size:
            raise Unreadable("has changed while it was looked at")
        return content

    @cached_property
    def sha256(self) -> str:
        """Digest of its content when it was first asked for, 64 lower-case hex digits.

        Raises:
            Unreadable: As `open`.
        """
        with self.open() as stream:
            digest = sha256_descriptor(stream.fileno())
            if _identity(os.fstat(stream.fileno())) != _identity(self.status):
                raise Unreadable("has changed while it was looked at")
        return digest

    @cached_property
    def document(self) -> Any:
        """What it says, when it is JSON.

        Raises:
            Unreadable: It is not strict JSON in UTF-8 with an object or a list around it, or is too large.
        """
        content = self.read(_MOST_JSON)
        if sum(map(content.count, (b",", b"[", b"{"))) > _MOST_VALUES:
            raise Unreadable(f"holds more than {_MOST_VALUES} values")
        try:
            document = parse_json(content.decode(), "it")
        except UnicodeDecodeError as error:
            raise Unreadable("is not UTF-8") from error
        except MalformedJson as error:
            raise Unreadable(str(error).removeprefix("it ")) from error
        if not isinstance(document, (dict, list)):
            raise Unreadable("is JSON with neither an object nor a list around it")
        return document


@dataclass(frozen=True)
class Subject:
    """What is scanned.

    Attributes:
        entries: Everything that lies in the directory.
        approved: The model that this one must not differ from unnoticed; None when there is none.
        announced: How many bytes its publisher said that it has; None when nobody did.
        excluded: Names of files that nobody may open, because they are too large.
        adapter: It is an adapter, and no model of its own.
    """

    entries: tuple[Entry, ...]
    all_files: tuple[ModelFile, ...]
    approved: Subject | None = None
    announced: int | None = None
    excluded: frozenset[str] = field(default=frozenset())
    adapter: bool = False

    @property
    def files(self) -> dict[str, ModelFile]:
        """Files that can be opened, by name."""
        return {file.name: file for file in self.all_files if file.name not in self.excluded}

    def find(self, *names: str) -> list[ModelFile]:
        """Those of the named files that are there, wherever in the directory they lie."""
        return [file for name, file in self.files.items() if name.rpartition("/")[2] in names]

    def with_suffix(self, *suffixes: str) -> list[ModelFile]:
        """The files whose names end so."""
        return [file for name, file in self.files.items() if name.endswith(suffixes)]

    def without(self, names: Collection[str]) -> Subject:
        """The same, but that these files are not opened."""
        return replace(self, excluded=frozenset(names))


def look_at(root: Path, approved: Subject | None = None, announced: int | None = None) -> Subject:
    """The model in a directory.

    Raises:
        ToolError: As `list_tree`.
    """
    entries = list_tree(root)
    files = (ModelFile(entry.name, root / entry.name, entry.status) for entry in entries if entry.kind == FILE)
    return Subject(tuple(entries), tuple(files), approved, announced)


def look_at_verified(root: Path, names: Iterable[str]) -> Subject:
    """The model behind links that this program made to files that it holds open."""
    found = [(name, root / name, (root / name).stat()) for name in sorted(names)]
    entries = (Entry(name, FILE, status) for name, _, status in found)
    return Subject(tuple(entries), tuple(ModelFile(*file, linked=True) for file in found))


def _identity(status: os.stat_result) -> tuple[int, ...]:
    kind = stat.S_IFMT(status.st_mode)
    return kind, status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
