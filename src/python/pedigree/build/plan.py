"""What a target type's rule returns: the steps of a target, as plain values.

Imports nothing of Pants.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pedigree.step.canonical import canonical_json
from pedigree.step.record import step_name

LOCAL = "__local__"
"""The environment of a target that does not name one: this machine."""


@dataclass(frozen=True)
class Files:
    """Files under version control that fill a role.

    Attributes:
        paths: Paths from the root of the repository.
        prefix: Directory that is cut off: the file lies in the sandbox under `inputs/<role>/<path without prefix>`.
    """

    paths: tuple[str, ...]
    prefix: str


@dataclass(frozen=True)
class Product:
    """The products of a step that fill a role: its target, and its part where the target has several steps."""

    address: str
    part: str = ""

    @property
    def name(self) -> str:
        """The step's name."""
        return step_name(self.address, self.part)


@dataclass(frozen=True)
class Role:
    """One input of a step: `inputs/<name>/` in the sandbox."""

    name: str
    source: Files | Product


@dataclass(frozen=True)
class Tool:
    """A module that is run as `python -m <module> .`, and the set of third-party packages that it needs."""

    module: str
    resolve: str


@dataclass(frozen=True)
class Step:
    """One sandboxed process that makes an artifact.

    Attributes:
        address: The target's address.
        kind: The target type.
        tool: What is run.
        config: The settings, a JSON object in canonical form.
        roles: The inputs.
        files: Files that the tool writes under `outputs/`.
        optional: Files that it may write there. What is in neither list is not kept.
        part: Tells the steps of one target apart; empty for the step whose products are the target's.
        gate: Whether exit code 3 is a verdict of this step and not a failure.
        environment: Name of the environment that the target asks for.
    """

    address: str
    kind: str
    tool: Tool
    config: str
    roles: tuple[Role, ...]
    files: tuple[str, ...]
    optional: tuple[str, ...] = ()
    part: str = ""
    gate: bool = False
    environment: str = LOCAL

    @property
    def name(self) -> str:
        """The step's name, unique in a release."""
        return step_name(self.address, self.part)

    @property
    def subject(self) -> str:
        """What an error is about."""
        return f"target '{self.address}'"

    @property
    def product(self) -> Product:
        """A reference to what this step makes."""
        return Product(self.address, self.part)


@dataclass(frozen=True)
class Plan:
    """The steps of one target; the last one makes what the target stands for."""

    steps: tuple[Step, ...]

    def step(self, part: str) -> Step:
        """The step with this part."""
        return next(step for step in self.steps if step.part == part)

    def in_environment(self, environment: str) -> Plan:
        """The same steps, run in another environment."""
        return Plan(tuple(replace(step, environment=environment) for step in self.steps))


def settings(config: Mapping[str, Any]) -> str:
    """A config document as a step carries it: canonical, so that equal settings are equal strings."""
    return canonical_json(config).decode()
