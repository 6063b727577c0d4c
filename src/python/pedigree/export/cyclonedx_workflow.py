"""How the components came about, as a CycloneDX workflow: one task a step."""

from __future__ import annotations

import shlex
from typing import Any

from pedigree.export.cyclonedx_refs import artifact_ref, interpreter_ref, program_ref, task_ref
from pedigree.export.evidence import Evidence
from pedigree.export.identifiers import relative_url
from pedigree.export.steps import Step
from pedigree.export.tools import tool_ref

_TASKS = {"evaluation": "test", "release": "release"}


def formulation(evidence: Evidence) -> list[dict[str, Any]]:
    """One formula with one workflow, whose tasks are the steps."""
    workflow = {
        "bom-ref": f"workflow:{evidence.root}",
        "uid": evidence.root,
        "taskTypes": sorted({_type(step) for step in evidence.steps}),
        "tasks": [_task(step) for step in evidence.steps],
        "taskDependencies": [
            {"ref": task_ref(step.name), "dependsOn": sorted({task_ref(name) for name in step.inputs.values()})}
            for step in evidence.steps
        ],
    }
    return [{"workflows": [workflow]}]


def _type(step: Step) -> str:
    return _TASKS.get(step.kind, "build")


def _task(step: Step) -> dict[str, Any]:
    made = [{"resource": {"ref": artifact_ref(name)}} for name in sorted(set(step.inputs.values()))]
    kept = [_source(path, sha256) for files in step.sources.values() for path, sha256 in files.items()]
    return {
        "bom-ref": task_ref(step.name),
        "uid": step.name,
        "name": step.address,
        "taskTypes": [_type(step)],
        "resourceReferences": [
            {"ref": program_ref(tool_ref(step.tool))},
            {"ref": interpreter_ref(step.tool.interpreter_sha256)},
        ],
        "steps": [{"commands": [{"executed": shlex.join(step.command)}]}],
        "inputs": [*made, *sorted(kept, key=lambda source: str(source["resource"]))],
        "outputs": [{"type": "artifact", "resource": {"ref": artifact_ref(step.name)}}],
    }


def _source(path: str, sha256: str) -> dict[str, Any]:
    """A file under version control, which the release names by digest and does not hold."""
    hashes = [{"alg": "SHA-256", "content": sha256}]
    return {"resource": {"externalReference": {"type": "vcs", "url": relative_url(path), "hashes": hashes}}}
