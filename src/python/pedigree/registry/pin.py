"""`python -m pedigree.registry.pin DIR`: pinned files -> a model that training may start from."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

from pedigree.registry.scan.checks import CONTENTS, LISTING, run_checks
from pedigree.registry.scan.findings import REFUSE
from pedigree.registry.scan.subject import Subject, look_at, look_at_verified
from pedigree.registry.store import step_store
from pedigree.registry.verified import verified_directory
from pedigree.registry.weights_manifest import WeightsManifest, read_weights_manifest, render_weights_manifest
from pedigree.step.canonical import canonical_json, read_json
from pedigree.step.context import StepContext
from pedigree.step.digests import directory_files, tree_digest
from pedigree.step.errors import ToolError
from pedigree.step.model_files import MODEL, WEIGHTS_MANIFEST
from pedigree.step.run import run_tool

SCHEMA = "pedigree.base-model/1"
MANIFEST = "pedigree.manifest/1"


def main(step: StepContext) -> None:
    """Check every file, then copy them; files that a manifest names stay in the store, and the manifest is copied.

    Raises:
        ToolError: A file is not the approved one, or could run code when the model is loaded.
    """
    known = {name: step.input("files") / name for name in step.config["trained_on"]}
    if step.has_input("weights"):
        files = _pin_stored(step, read_weights_manifest(step.input_file("weights")))
    else:
        files = _pin_files(step, set(known))
    document = {
        "schema": SCHEMA,
        "uid": f"sha256:{tree_digest(files)}",
        "files": files,
        "trained_on": [read_manifest(path, name) for name, path in known.items()],
        "license": step.config["license"],
        "origin": step.config["origin"],
    }
    step.output("manifest.json").write_bytes(canonical_json(document) + b"\n")


def _pin_files(step: StepContext, known: AbstractSet[str]) -> dict[str, str]:
    """Copy what is pinned, but for the manifests of datasets; name -> sha256 of everything."""
    source = step.input("files")
    found = directory_files(source)
    _refuse(step, [*_digest_faults(found, step.config["digests"]), *_content_faults(look_at(source))])
    for name in sorted(found.keys() - known):
        target = step.output(f"{MODEL}/{name}")
        shutil.copyfile(source / name, target)
    return found


def _pin_stored(step: StepContext, weights: WeightsManifest) -> dict[str, str]:
    """Look at what a manifest names, in the store, and copy the manifest; name -> sha256 of everything."""
    beside = directory_files(step.input("files")) if step.has_input("files") else {}
    named = {file.name: file.sha256 for file in weights.files}
    faults = [*_digest_faults(beside, step.config["digests"]), *_digest_faults(named, step.config["weights"])]
    with verified_directory(step_store(), weights) as directory:
        faults += _content_faults(look_at_verified(directory, [file.name for file in weights.files]))
    _refuse(step, faults)
    step.output(WEIGHTS_MANIFEST).write_bytes(render_weights_manifest(weights))
    return {**named, **beside}


def _refuse(step: StepContext, faults: Sequence[str]) -> None:
    if faults:
        what = "\n".join([f"base model '{step.target}' is refused", *(f"  {fault}" for fault in faults)])
        raise ToolError(what, "fetch the approved files again, or have other ones approved and pin their digests")


def read_manifest(path: Path, name: str) -> dict[str, Any]:
    """What a model remembers of a dataset that it was trained on.

    Raises:
        ToolError: The file is not the manifest of a dataset.
    """
    document = read_json(path)
    if not isinstance(document, dict) or document.get("schema") != MANIFEST:
        raise ToolError(f"'{name}' is not the manifest of a dataset", "name a manifest.json that a dataset target made")
    kept = {key: document[key] for key in ("uid", "count", "license", "origin")}
    return {"name": Path(name).stem, **kept, "templates": sorted(document["templates"])}


def _digest_faults(found: dict[str, str], pinned: dict[str, str]) -> Iterator[str]:
    for name in sorted(found.keys() | pinned.keys()):
        if name not in pinned:
            yield f"{name}: no digest is pinned"
        elif name not in found:
            yield f"{name}: is missing"
        elif found[name] != pinned[name]:
            yield f"{name}: sha256 is {found[name]}, but {pinned[name]} is pinned"


def _content_faults(subject: Subject) -> list[str]:
    """What no model may hold. What somebody must look at is a matter of its approval, not of its build."""
    results = run_checks({"paths": LISTING["paths"], **CONTENTS}, subject)
    return [str(finding) for check in results for finding in check.findings if finding.verdict == REFUSE]


if __name__ == "__main__":
    run_tool(main)
