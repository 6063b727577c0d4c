"""A release as a CycloneDX 1.7 machine learning bill of materials."""

from __future__ import annotations

from typing import Any

from pedigree.export.cyclonedx_components import artifact, delivered, environment
from pedigree.export.cyclonedx_refs import artifact_ref, lock_ref, program_ref
from pedigree.export.cyclonedx_supplied import named
from pedigree.export.cyclonedx_workflow import formulation
from pedigree.export.evidence import Evidence
from pedigree.export.identifiers import serial_number
from pedigree.export.tools import locks, tools
from pedigree.step.canonical import canonical_json


def cyclonedx(evidence: Evidence) -> bytes:
    """The bill of materials as canonical JSON.

    It has no time: the field is optional, and without it two exports of a release are one.
    """
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.7.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.7",
        "serialNumber": serial_number(evidence.root, evidence.fingerprint),
        "version": 1,
        "metadata": {
            "component": delivered(evidence),
            "lifecycles": [{"phase": "post-build"}],
            "tools": {"components": [{"type": "application", "name": "pedigree export"}]},
            "properties": named(_told(evidence).items()),
        },
        "components": [*(artifact(evidence, step) for step in evidence.steps[:-1]), *environment(evidence)],
        "dependencies": _dependencies(evidence),
        "formulation": formulation(evidence),
    }
    return canonical_json(document) + b"\n"


def _told(evidence: Evidence) -> dict[str, str]:
    return {
        "pedigree:lineage": f"sha256:{evidence.root}",
        "pedigree:signer": f"sha256:{evidence.fingerprint}",
        "pedigree:standing": evidence.standing,
        "pedigree:trust-root": evidence.brought.root,
    }


def _dependencies(evidence: Evidence) -> list[dict[str, Any]]:
    """Each artifact depends on those it was made from, each tool on its lock, each lock on what it pins."""
    graph = {artifact_ref(step.name): {artifact_ref(name) for name in step.inputs.values()} for step in evidence.steps}
    graph |= {program_ref(ref): {lock_ref(tool.lock)} for ref, tool in tools(evidence).items()}
    graph |= {lock_ref(path): set(lock.packages) for path, lock in locks(evidence).items()}
    graph |= {url: set() for lock in locks(evidence).values() for url in lock.packages}
    return [{"ref": ref, "dependsOn": sorted(graph[ref])} for ref in sorted(graph)]
