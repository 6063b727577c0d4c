"""Check `paths`: every name means one plain file, on every system that will ever hold the model."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator

from pedigree.registry.scan.findings import Finding, refuse
from pedigree.registry.scan.subject import Subject
from pedigree.registry.scan.tree import DIRECTORY, FILE, Entry
from pedigree.step.file_names import name_fault

CLAIM = "every name is that of one plain file, on every system"


def check_paths(subject: Subject) -> Iterator[Finding]:
    """What is no plain file, and names that another system would understand differently, or not at all."""
    for entry in subject.entries:
        for fault in (_kind_fault(entry), name_fault(entry.name)):
            if fault:
                yield refuse(entry.name, fault)
    yield from _collisions(entry.name for entry in subject.entries)


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
