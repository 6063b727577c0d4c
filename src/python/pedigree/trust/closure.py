"""A release's closure: every step that it was made from, checked to fit together.

What one step made is what the next one consumed, byte for byte, and everything else comes from version control.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pedigree.step.errors import ToolError
from pedigree.step.record import Record
from pedigree.trust.statement import is_sha256

CODE = "src/python/"
STEP_FILE = "step.json"
_HINT = "package the release again; if it stays, the build backend and the trust room disagree"


@dataclass(frozen=True)
class Closure:
    """The steps of a release.

    Attributes:
        release: The step that assembled the release.
        steps: Every step, each after those it consumed; ties in the order of names.
        sources: Path in the repository -> sha256, of every file that a step read.
        interpreters: Digests of the interpreters that steps ran with, sorted.
    """

    release: Record
    steps: tuple[Record, ...]
    sources: Mapping[str, str]
    interpreters: tuple[str, ...]

    def step(self, name: str) -> Record:
        """The step with this name."""
        return next(record for record in self.steps if record.name == name)


def close(records: Mapping[str, Record], release: str) -> Closure:
    """Order the steps and check that they fit together.

    Raises:
        ToolError: A step is missing or superfluous, digests do not meet, or steps form a circle.
    """
    for record in records.values():
        _check_record(record)
    order = _order(release, records)
    if superfluous := sorted(set(records) - set(order)):
        raise ToolError(f"the records hold '{superfluous[0]}', which '{release}' is not made from", _HINT)
    steps = tuple(records[name] for name in order)
    sources: dict[str, str] = {}
    for record in steps:
        _check_inputs(record, records)
        for path, digest in sources_of(record).items():
            if sources.setdefault(path, digest) != digest:
                raise ToolError(f"two steps of one release read different versions of {path}", _HINT)
    interpreters = tuple(sorted({record.tool.interpreter_sha256 for record in steps}))
    return Closure(records[release], steps, sources, interpreters)


def role_files(record: Record, role: str) -> dict[str, str]:
    """Path relative to the role's directory -> sha256."""
    prefix = f"inputs/{role}/"
    return {path[len(prefix) :]: digest for path, digest in record.materials.items() if path.startswith(prefix)}


def code_files(record: Record) -> dict[str, str]:
    """Path in the repository -> sha256, of the first-party code that the step ran."""
    return {path: digest for path, digest in record.materials.items() if path.startswith(CODE)}


def source_path(prefix: str, path: str) -> str:
    """Where a file of a role lies in the repository."""
    return posixpath.join(prefix, path) if prefix else path


def sources_of(record: Record) -> dict[str, str]:
    """Path in the repository -> sha256, of what the step read from version control: files, code and its lock."""
    sources = {**code_files(record), record.tool.lock: record.tool.lock_sha256}
    for role, origin in record.inputs.items():
        if not origin.step:
            sources.update((source_path(origin.prefix, path), sha) for path, sha in role_files(record, role).items())
    return sources


def _order(release: str, records: Mapping[str, Record]) -> list[str]:
    """Names of the steps, each after those it consumed; a lineage may be deeper than Python's stack."""
    order: dict[str, None] = {}
    above: dict[str, Iterator[str]] = {}
    entering: str | None = release
    while entering is not None or above:
        if entering is not None:
            above[entering] = iter(_origins(entering, records))
        name = next(reversed(above))
        entering = next((origin for origin in above[name] if origin not in order), None)
        if entering is None:
            del above[name]
            order[name] = None
        elif entering in above:
            raise ToolError(f"steps consume each other: {' <- '.join([*above, entering])}", _HINT)
    return list(order)


def _origins(name: str, records: Mapping[str, Record]) -> list[str]:
    if name not in records:
        raise ToolError(f"the record of step '{name}' is missing", _HINT)
    return sorted({origin.step for origin in records[name].inputs.values() if origin.step})


def _check_record(record: Record) -> None:
    files = {**record.materials, **record.products, record.tool.lock: record.tool.lock_sha256}
    for path, digest in {**files, "the interpreter": record.tool.interpreter_sha256}.items():
        if not is_sha256(digest):
            raise ToolError(f"'{record.name}': the digest of {path} is {digest!r}, not a SHA-256 in hex", _HINT)
        # sha256sum escapes such names, and `tree:`, `pin:` and `interpreter:` are pseudo-artifacts.
        if any(character in path for character in "\\\n\r") or path.startswith(("/", "../", "tree:", "pin:")):
            raise ToolError(f"'{record.name}': a file may not be named {path!r}", "rename the file")
    if not record.products:
        raise ToolError(f"'{record.name}' made nothing", _HINT)
    roles = tuple(f"inputs/{role}/" for role in record.inputs)
    for path in record.materials:
        if not path.startswith((*roles, CODE)) and path != STEP_FILE:
            raise ToolError(f"'{record.name}' read {path}, which is no declared input and no first-party code", _HINT)


def _check_inputs(record: Record, records: Mapping[str, Record]) -> None:
    for role, origin in record.inputs.items():
        if origin.step and role_files(record, role) != dict(records[origin.step].products):
            raise ToolError(f"'{record.name}': input '{role}' is not what '{origin.step}' made", _HINT)
