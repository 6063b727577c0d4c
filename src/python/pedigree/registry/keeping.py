"""Keeping a store: what is in it is what its digests say, and nothing is in it that nobody needs."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pedigree.registry.store import Store, unwritable
from pedigree.registry.verified import open_object, sha256_descriptor


@dataclass(frozen=True)
class Finding:
    """What is wrong with one file of a store.

    Attributes:
        sha256: The digest that names it.
        fault: What is wrong.
    """

    sha256: str
    fault: str


@dataclass(frozen=True)
class Garbage:
    """A file that no manifest needs.

    Attributes:
        path: Where it lies.
        size: Bytes.
    """

    path: Path
    size: int


def verify_objects(store: Store, sizes: Mapping[str, int | None]) -> list[Finding]:
    """Hash files of a store again, on as many cores as this process may use.

    What is not what its digest says is moved to `bad/`, so that the next fetch brings it again and somebody can look
    at what happened to it.

    Args:
        store: The store.
        sizes: Digest -> bytes that a manifest says; None where none does.

    Returns:
        What is wrong, sorted by digest.
    """
    with ThreadPoolExecutor(max_workers=len(os.sched_getaffinity(0))) as threads:
        faults = threads.map(lambda item: _fault(store, *item), sorted(sizes.items()))
        return [Finding(sha256, fault) for sha256, fault in zip(sorted(sizes), faults) if fault]


def collect_garbage(store: Store, needed: Collection[str], *, dry: bool) -> list[Garbage]:
    """Remove each file that is not needed, and what fetches that did not end have left.

    Args:
        store: The store; nobody may be fetching into it.
        needed: Digests to keep.
        dry: Only say what would be removed.

    Raises:
        ToolError: Somebody is fetching, or the store cannot be written.
    """
    with store.being_emptied():
        paths = [path for path in store.objects() if path.name not in needed] + store.leftovers()
        garbage = [Garbage(path, path.lstat().st_size) for path in paths]
        for item in () if dry else garbage:
            try:
                item.path.unlink()
            except OSError as error:
                raise unwritable(store, error) from error
        return garbage


def _fault(store: Store, sha256: str, size: int | None) -> str:
    try:
        descriptor = open_object(store, sha256)
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be opened: {error.strerror}{_set_aside(store, sha256)}"
    try:
        length, found = os.fstat(descriptor).st_size, sha256_descriptor(descriptor)
    finally:
        os.close(descriptor)
    if found != sha256:
        return f"has the sha256 {found} and {length} bytes{_set_aside(store, sha256)}"
    # The bytes are right, so it is the manifest that is wrong.
    return f"has {length} bytes, but the manifest says {size}" if size not in (None, length) else ""


def _set_aside(store: Store, sha256: str) -> str:
    """Move a bad file out of the way; how that went, in words that end a sentence."""
    target = store.bad(sha256)
    try:
        target.parent.mkdir(exist_ok=True)
        store.object(sha256).replace(target)
    except OSError as error:
        return f", and cannot be moved away: {error.strerror}"
    return f"; moved to {target}"
