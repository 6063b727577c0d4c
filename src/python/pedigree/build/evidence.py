"""From what the engine saw to a record. Imports nothing of Pants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pedigree.build.plan import Files, Role, Step
from pedigree.build.sandbox import recorded_command
from pedigree.step.canonical import canonical_json, parse_json
from pedigree.step.context import STEP_FILE
from pedigree.step.record import Input, Record, Tool

PLATFORM = {"isa": "x86_64", "system": "linux"}
BUILDER = "workstation"

# The interpreter's digest is in the environment, so that another interpreter at the same path is another key.
INTERPRETER = "PEDIGREE_INTERPRETER"


def step_file(step: Step) -> tuple[str, bytes]:
    """Name and content of the document that a tool reads its settings from."""
    document = {"target": step.address, "config": parse_json(step.config, step.name)}
    return STEP_FILE, canonical_json(document)


def _origin(role: Role) -> Input:
    source = role.source
    return Input("", source.prefix) if isinstance(source, Files) else Input(source.name, "")


def record(
    step: Step, tool: Tool, environment: Mapping[str, str], materials: Mapping[str, str], products: Mapping[str, str]
) -> bytes:
    """The record of a step, as canonical JSON.

    Args:
        step: What was asked for.
        tool: Code and environment that it ran with.
        environment: Variables of the process.
        materials: Path in the sandbox -> sha256.
        products: Path in the artifact -> sha256.
    """
    seen = Record(
        name=step.name,
        address=step.address,
        kind=step.kind,
        tool=tool,
        config=parse_json(step.config, step.name),
        command=recorded_command(tool.module, tool.interpreter),
        environment=environment,
        platform=PLATFORM,
        builder=BUILDER,
        reproducibility="bitwise",
        inputs={role.name: _origin(role) for role in step.roles},
        materials=materials,
        products=products,
    )
    return canonical_json(seen.to_json())


def seal_request(address: str, name: str) -> Mapping[str, Any]:
    """The document that tells the sealing tool which release it seals."""
    return {"schema": "pedigree.seal/1", "release": address, "name": name}
