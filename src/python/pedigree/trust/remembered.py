"""The verifier's memory: the newest trust root and snapshot that it saw, so that older ones are not believed again.

One small file per family of trust roots, named by the digest of its first version.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from pedigree.step.canonical import MalformedJson, canonical_json, read_json
from pedigree.step.errors import ToolError
from pedigree.trust.authority import Authority
from pedigree.trust.errors import Refused

SCHEMA = "pedigree.seen/1"


def default_memory() -> Path:
    """Where a user's verifier remembers what it saw."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state") / "pedigree" / "seen"


def remember(memory: Path, family: str, authority: Authority) -> str:
    """Compare with what was seen before, and remember the newer.

    Args:
        memory: The directory of what was seen; it is made when missing.
        family: Digest of the first version of the trust root.
        authority: What is verified already.

    Returns:
        What was seen before, in words.

    Raises:
        Refused: It is older than what was seen, or another one of the same version.
        ToolError: The memory cannot be read or written.
    """
    path = memory / f"{family}.json"
    seen = _read(path)
    now = {
        "root": (authority.root.version, authority.root.digest),
        "snapshot": (authority.snapshot.version, authority.snapshot.digest),
    }
    # A snapshot names its trust root, so under a new root no old one counts, and numbers may begin anew: a stolen key
    # that signed the last number there is can be replaced (fast-forward recovery, TUF 1.0.34, section 5.3.11).
    compared = {} if seen and authority.root.version > seen["root"][0] else seen
    for what, (version, digest) in now.items():
        before, known = compared.get(what, (0, ""))
        if version < before:
            raise Refused(f"version {version} of the {what} is older than version {before}, which was seen before")
        if version == before and digest != known:
            raise Refused(f"version {version} of the {what} is another one than the one that was seen before")
    if now != seen:
        _write(path, now)
    return f"seen before: snapshot {seen['snapshot'][0]}" if seen else "nothing of it was seen before"


def _read(path: Path) -> dict[str, tuple[int, str]]:
    try:
        document = read_json(path)
        if document["schema"] != SCHEMA:
            raise ValueError(document["schema"])
        return {what: (int(document[what]["version"]), str(document[what]["sha256"])) for what in ("root", "snapshot")}
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ToolError(f"cannot read {path}: {error.strerror}", "name another directory by --memory") from error
    except (MalformedJson, KeyError, TypeError, ValueError) as error:
        raise ToolError(f"{path} is not what a verifier remembers", "find out who changed it") from error


def _write(path: Path, now: Mapping[str, tuple[int, str]]) -> None:
    document = {what: {"version": str(version), "sha256": digest} for what, (version, digest) in now.items()}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, unfinished = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as stream:
            stream.write(canonical_json({"schema": SCHEMA, **document}))
        Path(unfinished).replace(path)
    except OSError as error:
        raise ToolError(f"cannot remember in {path}: {error.strerror}", "name another directory by --memory") from error
