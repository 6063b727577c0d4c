"""`lineage.json`: the graph of a release, for programs and for the page that draws it."""

from __future__ import annotations

from typing import Any

from pedigree.step.digests import tree_digest
from pedigree.step.record import Record
from pedigree.trust.closure import Closure, code_files, role_files
from pedigree.trust.links import link_file

SCHEMA = "pedigree.lineage/1"


def provenance_file(step: str) -> str:
    """Path of a step's provenance in the release."""
    return f"attestations/{step}.provenance.sigstore.json"


def test_result_file(step: str) -> str:
    """Path of an evaluation's test result in the release."""
    return f"attestations/{step}.test-result.sigstore.json"


def summary_file(step: str) -> str:
    """Path of the release's verification summary in the release."""
    return f"attestations/{step}.summary.sigstore.json"


def standing_file(step: str) -> str:
    """Path of the statement, in the release, of how the release stands to its plan."""
    return f"attestations/{step}.standing.sigstore.json"


def lineage(closure: Closure, root: str, keyid: str, judges: frozenset[str], standing: str) -> dict[str, Any]:
    """The graph of a release.

    Args:
        closure: The steps.
        root: The digest of the lineage, which every link carries as its pin.
        keyid: The signer, whose key names the link files.
        judges: Names of the steps that have a test result.
        standing: How the release stands to its plan, in words.
    """
    edges = [
        {"from": origin.step, "to": record.name, "role": role}
        for record in closure.steps
        for role, origin in sorted(record.inputs.items())
        if origin.step
    ]
    return {
        "schema": SCHEMA,
        "release": closure.release.address,
        "root": root,
        "steps": [_step(record, keyid, record.name in judges) for record in closure.steps],
        "edges": edges,
        "sources": dict(closure.sources),
        "summary": summary_file(closure.release.name),
        "standing": standing,
    }


def _step(record: Record, keyid: str, judged: bool) -> dict[str, Any]:
    tool = record.tool
    document = {
        "name": record.name,
        "address": record.address,
        "kind": record.kind,
        "config": dict(record.config),
        "tool": {"module": tool.module, "resolve": tool.resolve, "lock": tool.lock, "lock_sha256": tool.lock_sha256},
        "interpreter": {"version": tool.interpreter, "sha256": tool.interpreter_sha256},
        "code": {"files": len(code_files(record)), "tree": tree_digest(code_files(record))},
        "builder": record.builder,
        "properties": dict(record.properties),
        "accelerator": dict(record.accelerator),
        "packages_sha256": tool.packages_sha256,
        "reproducibility": record.reproducibility,
        "inputs": {role: _input(record, role) for role in record.inputs},
        "products": dict(record.products),
        "artifact": tree_digest(record.products),
        "provenance": provenance_file(record.name),
        "link": f"attestations/links/{link_file(record.name, keyid)}",
    }
    return {**document, "test_result": test_result_file(record.name)} if judged else document


def _input(record: Record, role: str) -> dict[str, Any]:
    origin, files = record.inputs[role], role_files(record, role)
    place = {"step": origin.step} if origin.step else {"prefix": origin.prefix}
    return {**place, "files": len(files), "tree": tree_digest(files)}
