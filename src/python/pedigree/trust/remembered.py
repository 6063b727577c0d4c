"""The verifier's memory: what it believed, so that nothing older is believed again, and nothing revoked comes back.

One small file per family of trust roots, named by the digest of its first version.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from pedigree.step.canonical import MalformedJson, canonical_json, parse_json
from pedigree.step.errors import ToolError
from pedigree.trust.authority import Authority
from pedigree.trust.errors import Refused
from pedigree.trust.reading import read_plainly
from pedigree.trust.seen import NOTHING, Seen, joined, require_nothing_taken_back, seen_now
from pedigree.trust.seen_json import TOO_LITTLE, seen_from_json, seen_to_json


def default_memory() -> Path:
    """Where a user's verifier remembers what it saw."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state") / "pedigree" / "seen"


def recall(memory: Path, family: str) -> Seen:
    """What was seen before.

    Args:
        memory: The directory of what was seen; it may be missing.
        family: Digest of the first version of the trust root.

    Raises:
        ToolError: The memory cannot be read, or is none.
    """
    return _read(_path(memory, family))


def compare(memory: Path, family: str, authority: Authority) -> str:
    """Compare with what was seen before. Nothing is remembered yet. Arguments as of `remember`.

    Returns:
        What was seen before, in words.

    Raises:
        MalformedEvidence: A plan is none.
        Refused: It takes back something that was seen before.
        ToolError: The memory cannot be read, or is none.
    """
    seen = recall(memory, family)
    require_nothing_taken_back(seen, seen_now(authority), authority)
    return _words(seen)


def remember(memory: Path, family: str, authority: Authority, releases: frozenset[str] = frozenset()) -> str:
    """Compare as `compare`, and remember. Of several verifiers at once, each sees what the one before it wrote.

    Args:
        memory: The directory of what was seen; it is made when missing.
        family: Digest of the first version of the trust root.
        authority: What is verified already, and believed.
        releases: Digests of the seals of releases that hold while their sealers and plans are in force.

    Returns:
        What was seen before, in words.

    Raises:
        MalformedEvidence: A plan is none.
        Refused: It takes back something that was seen before.
        ToolError: The memory cannot be read or written.
    """
    now = replace(seen_now(authority), releases=releases)

    def believed(seen: Seen) -> Seen:
        require_nothing_taken_back(seen, now, authority)
        return joined(seen, now, authority.root)

    return _words(update(memory, family, believed))


def update(memory: Path, family: str, joined_with: Callable[[Seen], Seen]) -> Seen:
    """Remember what follows from what was seen before. Of several at once, each sees what the one before it wrote.

    Args:
        memory: The directory of what was seen; it is made when missing.
        family: Digest of the first version of the trust root.
        joined_with: What is to be remembered, by what was seen; where it raises, nothing is.

    Returns:
        What was seen before.

    Raises:
        ToolError: The memory cannot be read or written.
    """
    path = _path(memory, family)
    with _locked(path):
        seen = _read(path)
        now = joined_with(seen)
        if now != seen:
            _write(path, now)
        return seen


def _words(seen: Seen) -> str:
    return f"seen before: snapshot {seen.snapshot[0]}" if seen != NOTHING else "nothing of it was seen before"


def _path(memory: Path, family: str) -> Path:
    return memory / f"{family}.json"


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Nobody else writes the file meanwhile. The lock is a file of its own, for the other one is replaced."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _read(path: Path) -> Seen:
    if not os.path.lexists(path):
        return NOTHING
    try:
        document = parse_json(read_plainly(path, str(path)), str(path))
        if document["schema"] == TOO_LITTLE:
            what = f"{path} is what an earlier `pedigree` remembered, which kept too little to go by"
            raise ToolError(what, "move it away, and verify what is published now once more")
        return seen_from_json(document)
    except Refused as problem:
        raise ToolError(f"cannot recall what was seen: {problem}", "name another directory by --memory") from problem
    except (MalformedJson, KeyError, TypeError, ValueError, AttributeError) as error:
        raise ToolError(f"{path} is not what a verifier remembers", "find out who changed it") from error


def _write(path: Path, seen: Seen) -> None:
    try:
        handle, unfinished = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as stream:
            stream.write(canonical_json(seen_to_json(seen)))
        Path(unfinished).replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> ToolError:
    return ToolError(f"cannot remember in {path}: {error.strerror}", "name another directory by --memory")
