"""SLSA provenance v1 of one step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pedigree.step.record import Record
from pedigree.trust.closure import STEP_FILE, code_files, role_files, source_path
from pedigree.trust.statement import PROVENANCE, descriptor, statement

BUILD_TYPE = "https://pedigree/step/v1"
BUILDER = "https://pedigree/builders/"
BUILDER_KEY = "builder.pub"
"""What provenance calls the key of a listed builder."""


def provenance(record: Record) -> dict[str, Any]:
    """The statement that a step made its products from its materials, with its config, code and tools.

    The builder's identity says what ran the step; one that ends in `workstation` can claim SLSA Build L1 alone.
    """
    predicate = {
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": {"target": record.address, "kind": record.kind, "config": dict(record.config)},
            "internalParameters": {
                "step": record.name,
                "tool": record.tool.module,
                "resolve": record.tool.resolve,
                "packages": dict(record.tool.packages),
                "packages_sha256": record.tool.packages_sha256,
                "command": list(record.command),
                "environment": dict(record.environment),
                "platform": dict(record.platform),
                "properties": dict(record.properties),
                "accelerator": dict(record.accelerator),
                "reproducibility": record.reproducibility,
            },
            "resolvedDependencies": _dependencies(record),
        },
        "runDetails": {"builder": {"id": builder_id(record.builder), **_vouched(record)}},
    }
    return statement(record.products, PROVENANCE, predicate)


def _vouched(record: Record) -> dict[str, Any]:
    """The key by whose word the run is believed: who revokes it means all that stands by its word."""
    return {"builderDependencies": [descriptor(BUILDER_KEY, record.vouched)]} if record.vouched else {}


def voucher(document: Mapping[str, Any]) -> str:
    """Fingerprint of the builder's key that vouches for a run, by its provenance; empty where none does."""
    named = document["predicate"]["runDetails"]["builder"].get("builderDependencies", [])
    return next((str(each["digest"]["sha256"]) for each in named if each["name"] == BUILDER_KEY), "")


def builder_id(builder: str) -> str:
    """The URI of a builder: its own, or one of ours for a name.

    >>> builder_id("workstation")
    'https://pedigree/builders/workstation'
    """
    return builder if builder.startswith("https://") else f"{BUILDER}{builder}"


def _dependencies(record: Record) -> list[dict[str, Any]]:
    """Every material with where it came from: another step's product, or a file under version control."""
    found = [descriptor(path, sha, file=path, use="code") for path, sha in code_files(record).items()]
    if STEP_FILE in record.materials:
        found.append(descriptor(STEP_FILE, record.materials[STEP_FILE], use="config"))
    for role, origin in record.inputs.items():
        for path, sha in role_files(record, role).items():
            name = f"inputs/{role}/{path}"
            if origin.step:
                found.append(descriptor(name, sha, step=origin.step, product=path, role=role, use="input"))
            else:
                found.append(descriptor(name, sha, file=source_path(origin.prefix, path), role=role, use="input"))
    tool = record.tool
    found.append(descriptor(tool.lock, tool.lock_sha256, file=tool.lock, use="lock"))
    found.append(descriptor(tool.interpreter, tool.interpreter_sha256, use="interpreter"))
    return sorted(found, key=lambda dependency: (dependency["annotations"]["use"], dependency["name"]))
