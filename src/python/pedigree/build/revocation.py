"""What is revoked by the digest of what a step made stops the next step, before that runs."""

from __future__ import annotations

import json
from typing import Iterator, Mapping, Tuple

from pants.engine.process import ProcessCacheScope
from pants.engine.rules import collect_rules, rule
from pants.util.frozendict import FrozenDict

from pedigree.build import engine, permission, trusted
from pedigree.build.errors import BuildError
from pedigree.build.messages import Made, Revoked, RevokedRequest
from pedigree.build.plan import Step
from pedigree.build.tools import REVOKED
from pedigree.step.digests import tree_digest

_HINT = "build without it, or from another; docs/registry.md says what a revocation stops"


def _named(made: Made, files: Mapping[str, str]) -> Iterator[Tuple[str, str]]:
    """Every digest that names something which a step made, and what it names."""
    yield tree_digest(files), f"what '{made.step.name}' made"
    for path, digest in files.items():
        yield digest, f"{path}, which '{made.step.name}' made"


async def require_unrevoked(step: Step, consumed: Tuple[Made, ...]) -> None:
    """Stop a step that would consume something revoked.

    Raises:
        BuildError: It would; with who revoked that, and why.
    """
    words = (await engine.revoked()).words
    if not words:
        return
    for made in consumed:
        entries = await engine.file_entries(made.artifact)
        for digest, what in _named(made, {entry.path: entry.file_digest.fingerprint for entry in entries}):
            if digest in words:
                way = f"the way from there is {made.step.address} -> {step.address}"
                raise BuildError(f"{step.subject} may not be built:\n  {what}, is {words[digest]}; {way}", _HINT)


@rule(desc="Look up what is revoked")
async def revoked(request: RevokedRequest) -> Revoked:
    """What this repository's attestations revoke; nothing where there is nothing that counts."""
    known, governed = await permission.attestations()
    if not governed:
        return Revoked(FrozenDict())
    scope = ProcessCacheScope.PER_RESTART_SUCCESSFUL
    result = await trusted.run_trusted(REVOKED, (".",), known, None, scope, "look up what is revoked")
    trusted.require_success("the directory 'attestations'", REVOKED, result)
    return Revoked(FrozenDict(json.loads(result.stdout)))


def rules():  # type: ignore[no-untyped-def]
    """The rules of this module."""
    return collect_rules()
