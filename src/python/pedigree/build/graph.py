"""The graph of a release before anything runs, as decisions are held against it. Imports nothing of Pants.

`pedigree.trust.graph.parse_graph` reads it. It says of every step what the record of its run will say of it, as far as
that is known: what lies under version control, and where the rest will come from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pedigree.build.plan import Files, Product, Step
from pedigree.build.planning import relative
from pedigree.step.canonical import canonical_json, parse_json
from pedigree.step.context import INPUTS

SCHEMA = "pedigree.graph/1"


@dataclass(frozen=True)
class Surroundings:
    """What a step will run with, as far as its environment decides it.

    Attributes:
        lock: Path of the lock file of its third-party packages.
        reproducibility: The class that the record of its run will name.
    """

    lock: str
    reproducibility: str


def document(
    steps: Iterable[Step], surroundings: Mapping[str, Surroundings], files: Mapping[str, str], release: Product
) -> bytes:
    """The graph as canonical JSON.

    Args:
        steps: Every step, each after those whose products it takes.
        surroundings: Name of a step -> what it will run with.
        files: Path in the repository -> sha256, of every file that a step takes from version control.
        release: The step that assembles the release.
    """
    described = [_step(step, surroundings[step.name], files) for step in steps]
    return canonical_json({"schema": SCHEMA, "release": release.name, "steps": described})


def files_of(steps: Iterable[Step]) -> tuple[Files, ...]:
    """What steps take from version control: each set of files once."""
    sources = (role.source for step in steps for role in step.roles)
    return tuple(dict.fromkeys(source for source in sources if isinstance(source, Files)))


def _step(step: Step, surroundings: Surroundings, files: Mapping[str, str]) -> dict[str, Any]:
    supplied = {role.name: role.source for role in step.roles if isinstance(role.source, Files)}
    made = {role.name: role.source.name for role in step.roles if isinstance(role.source, Product)}
    return {
        "name": step.name,
        "address": step.address,
        "kind": step.kind,
        "module": step.tool.module,
        "config": parse_json(step.config, step.name),
        "inputs": {**made, **dict.fromkeys(supplied, "")},
        "materials": {
            f"{INPUTS}/{role}/{name}": files[path]
            for role, source in supplied.items()
            for path, name in zip(source.paths, relative(source))
        },
        "products": {},
        "prefixes": {role: source.prefix for role, source in supplied.items()},
        "lock": surroundings.lock,
        "reproducibility": surroundings.reproducibility,
    }
