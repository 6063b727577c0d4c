"""Check `paths`: every name means one plain file, on every system that will ever hold the model."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator

from pedigree.registry.scan.findings import Finding, refuse
from pedigree.registry.scan.subject import Subject
from pedigree.registry.scan.tree import DIRECTORY, FILE, Entry

CLAIM = "every name is that of one plain file, on every system"

# What Windows opens as a device, whatever follows the dot.
_DEVICES = re.compile(r"(con|prn|aux|nul|clock\$|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)", re.IGNORECASE)
_FORBIDDEN = re.compile(r'[<>:"|?*\\%]')
# Cc control, Cf format (bidi overrides, zero width), Cs half a surrogate pair, Co private, Cn unassigned, Zl, Zp.
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_LONGEST_PART, _LONGEST_PATH = 255, 1024  # bytes


def check_paths(subject: Subject) -> Iterator[Finding]:
    """What is no plain file, and names that another system would understand differently, or not at all."""
    for entry in subject.entries:
        for fault in (_kind_fault(entry), name_fault(entry.name)):
            if fault:
                yield refuse(entry.name, fault)
    yield from _collisions(entry.name for entry in subject.entries)


def name_fault(name: str) -> str:
    """What is wrong with a path; empty when nothing is.

    >>> name_fault("../model.safetensors")
    'leads out of the directory'
    """
    parts = name.split("/")
    if name.startswith("/") or ".." in parts:
        return "leads out of the directory"
    if any(part in ("", ".") for part in parts):
        return "is not written as plainly as it could be"
    if any(unicodedata.category(char) in _INVISIBLE for char in name):
        return "holds a character that nobody sees"
    if _FORBIDDEN.search(name):
        return "holds a character that some systems read as something else"
    if any(_DEVICES.match(part) for part in parts):
        return "is the name of a device on Windows"
    if any(part != part.strip() or part.endswith(".") for part in parts):
        return "starts or ends with a space, or ends with a dot, which some systems drop"
    if max(len(part.encode()) for part in parts) > _LONGEST_PART or len(name.encode()) > _LONGEST_PATH:
        return "is longer than some systems hold"
    return ""


def _kind_fault(entry: Entry) -> str:
    if entry.target:
        return f"is a symbolic link to {entry.target}"
    if entry.kind == DIRECTORY and "." in entry.name.rpartition("/")[2].strip("."):
        return "is a directory that is named like a file"
    return "" if entry.kind in (FILE, DIRECTORY) else f"is {entry.kind}"


def _collisions(names: Iterator[str]) -> Iterator[Finding]:
    alike = defaultdict(list)
    for name in names:
        alike[unicodedata.normalize("NFKC", name).casefold()].append(name)
    for group in alike.values():
        for name in group[1:]:
            yield refuse(name, f"is the same name as {group[0]} on systems that fold case or Unicode")
