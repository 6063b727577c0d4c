"""What lies in a directory, as it lies there: nothing is followed, opened or waited for."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pedigree.step.errors import ToolError

FILE, DIRECTORY = "a plain file", "a directory"
_KINDS = {
    stat.S_IFREG: FILE,
    stat.S_IFDIR: DIRECTORY,
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
_MOST_ENTRIES = 10_000
_DEEPEST = 8


@dataclass(frozen=True)
class Entry:
    """One name in a directory.

    Attributes:
        name: Path below the directory, with `/`; bytes that are no UTF-8 stand as half surrogate pairs.
        kind: `FILE`, `DIRECTORY`, or in words what else it is.
        status: What the file system says of it.
        target: Where a symbolic link leads; empty for all else.
    """

    name: str
    kind: str
    status: os.stat_result
    target: str = ""


def list_tree(root: Path) -> list[Entry]:
    """All names below a directory, sorted.

    Raises:
        ToolError: It cannot be read, or holds more, or deeper, than any model does.
    """
    try:
        entries = []
        for entry in _walk(root, "", 0):
            entries.append(entry)
            if len(entries) > _MOST_ENTRIES:
                raise ToolError(f"{root} holds more than {_MOST_ENTRIES} names", "name the directory of one model")
    except OSError as error:
        raise ToolError(f"cannot read {error.filename}: {error.strerror}", "name the directory of a model") from error
    return sorted(entries, key=lambda entry: entry.name)


def _walk(root: Path, below: str, depth: int) -> Iterator[Entry]:
    if depth > _DEEPEST:
        raise ToolError(f"{root} is more than {_DEEPEST} directories deep", "name the directory of one model")
    with os.scandir(root / below) as found:
        names = [(entry.name, entry.stat(follow_symlinks=False)) for entry in found]
    for name, status in names:
        path = f"{below}/{name}" if below else name
        kind = _KINDS.get(stat.S_IFMT(status.st_mode), "of an unknown kind")
        target = os.readlink(root / path) if stat.S_ISLNK(status.st_mode) else ""
        yield Entry(path, kind, status, target)
        if kind == DIRECTORY:
            yield from _walk(root, path, depth + 1)
