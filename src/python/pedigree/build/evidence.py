"""From what the engine saw to a record. Imports nothing of Pants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pedigree.build.plan import Files, Role, Step
from pedigree.build.sandbox import recorded_command
from pedigree.step.canonical import canonical_json, parse_json
from pedigree.step.context import STEP_FILE
from pedigree.step.record import WORKSTATION, Input, Record, Tool

PLATFORM = {"isa": "x86_64", "system": "linux"}

# The interpreter's digest is in the environment, so that another interpreter at the same path is another key.
INTERPRETER = "PEDIGREE_INTERPRETER"


@dataclass(frozen=True)
class Run:
    """Where and with what a step ran.

    Attributes:
        tool: Code and environment.
        environment: Variables of the process, but for the one that makes the interpreter part of the key.
        builder: Who ran it.
        properties: What a worker was asked to have.
        accelerator: What it had beside processors.
    """

    tool: Tool
    environment: Mapping[str, str]
    builder: str = WORKSTATION
    properties: Mapping[str, str] = field(default_factory=dict)
    accelerator: Mapping[str, str] = field(default_factory=dict)


def reproducibility(accelerator: object) -> str:
    """The class of what runs with this accelerator, or with none: its kernels are equal within a tolerance."""
    return "bounded" if accelerator else "bitwise"


def step_file(step: Step, accelerator: str) -> tuple[str, bytes]:
    """Name and content of the document that a tool reads its settings from."""
    document = {"target": step.address, "config": parse_json(step.config, step.name)}
    return STEP_FILE, canonical_json({**document, "accelerator": accelerator} if accelerator else document)


def _origin(role: Role) -> Input:
    source = role.source
    return Input("", source.prefix) if isinstance(source, Files) else Input(source.name, "")


def record(step: Step, run: Run, materials: Mapping[str, str], products: Mapping[str, str]) -> bytes:
    """The record of a step, as canonical JSON.

    Args:
        step: What was asked for.
        run: Where and with what it ran.
        materials: Path in the sandbox -> sha256.
        products: Path in the artifact -> sha256.
    """
    seen = Record(
        name=step.name,
        address=step.address,
        kind=step.kind,
        tool=run.tool,
        config=parse_json(step.config, step.name),
        command=recorded_command(run.tool.module, run.tool.interpreter),
        environment=run.environment,
        platform=PLATFORM,
        properties=run.properties,
        accelerator=run.accelerator,
        builder=run.builder,
        reproducibility=reproducibility(run.accelerator),
        inputs={role.name: _origin(role) for role in step.roles},
        materials=materials,
        products=products,
    )
    return canonical_json(seen.to_json())


def seal_request(address: str, name: str) -> Mapping[str, Any]:
    """The document that tells the sealing tool which release it seals."""
    return {"schema": "pedigree.seal/1", "release": address, "name": name}
