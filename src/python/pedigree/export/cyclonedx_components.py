"""The components of a bill of materials in CycloneDX: what steps made, and what they ran with."""

from __future__ import annotations

from typing import Any

from pedigree.export.ancestry import started_from
from pedigree.export.cyclonedx_card import delivered_card, stage_card
from pedigree.export.cyclonedx_refs import artifact_ref, interpreter_ref, lock_ref, program_ref
from pedigree.export.cyclonedx_supplied import approved, concluded, files, obligations, publisher
from pedigree.export.evidence import CARD, Evidence
from pedigree.export.identifiers import relative_url
from pedigree.export.steps import DATASETS, MODELS, Files, Step
from pedigree.export.supplied import supplied
from pedigree.export.tools import interpreters, locks, packages, tools
from pedigree.trust.obligations import LICENSES

RECORDS = "records.jsonl"
_MODEL = "machine-learning-model"
_SHOWN_CONFIG = ("form", "license", "origin", "sealed", "seed", "weights")


def delivered(evidence: Evidence) -> dict[str, Any]:
    """The component that the bill is about: the delivered model, with its card and its evidence."""
    step = evidence.release
    common = _artifact(evidence, step, _MODEL)
    return {
        **common,
        "name": step.setting("release") or step.address,
        "properties": [*common["properties"], *obligations(evidence)],
        "modelCard": delivered_card(evidence),
        "externalReferences": _references(evidence),
    }


def artifact(evidence: Evidence, step: Step) -> dict[str, Any]:
    """What a step made."""
    if step.kind in MODELS:
        before = [_identity(model, _MODEL) for model in started_from(evidence, step)]
        pedigree: dict[str, Any] = {"pedigree": {"ancestors": before}} if before else {}
        component = _with_approval(evidence, step, _artifact(evidence, step, _MODEL))
        return {**component, **pedigree, "modelCard": stage_card(step)}
    return {**_artifact(evidence, step, "data"), "data": [_data(step)]}


def environment(evidence: Evidence) -> list[dict[str, Any]]:
    """What steps ran with. None of it is delivered, so its scope is `excluded`; scanners find it by package URL."""
    programs = [
        {
            "type": "application",
            "bom-ref": program_ref(ref),
            "name": tool.module,
            "version": f"sha256:{tool.code}",
            "hashes": _sha256(tool.code),
        }
        for ref, tool in tools(evidence).items()
    ]
    pinned = [
        {"type": "file", "bom-ref": lock_ref(path), "name": path, "hashes": _sha256(lock.sha256)}
        for path, lock in locks(evidence).items()
    ]
    pythons = [
        {"type": "platform", "bom-ref": interpreter_ref(sha), "name": "python", "hashes": _sha256(sha)}
        for sha in interpreters(evidence)
    ]
    libraries = [
        {"type": "library", "bom-ref": url, "name": package.name, "version": package.version, "purl": url}
        for url, package in packages(evidence).items()
    ]
    found: list[dict[str, Any]] = [*programs, *pinned, *pythons, *libraries]
    return [{**component, "scope": "excluded"} for component in found]


def _artifact(evidence: Evidence, step: Step, kind: str) -> dict[str, Any]:
    license_name = step.setting("license")
    declared = [{"expression": license_name, "acknowledgement": "declared"}] if license_name else []
    return {
        **_identity(step, kind),
        "bom-ref": artifact_ref(step.name),
        **({"licenses": declared} if declared else {}),
        "components": _files(step.products),
        "properties": _properties(step),
        "externalReferences": [_reference(evidence, "attestation", step.provenance)],
    }


def _with_approval(evidence: Evidence, step: Step, component: dict[str, Any]) -> dict[str, Any]:
    """A base model that people approved: publisher, terms, where it came from, and who said so."""
    found = supplied(evidence, step)
    if found is None:
        return component
    away = [{"type": "distribution", "url": found.location}] if found.location else []
    beside = [_reference(evidence, kind, path) for kind, path in files(found)]
    return {
        **component,
        **publisher(found),
        "licenses": [*component.get("licenses", []), concluded(found)],
        "properties": [*component["properties"], *approved(found)],
        "externalReferences": [*component["externalReferences"], *away, *beside],
    }


def _identity(step: Step, kind: str) -> dict[str, Any]:
    """Type, name, version and hashes. A dataset is its records; anything else is the list of its files."""
    content = step.products.get(RECORDS) if step.kind in DATASETS else None
    name = step.address if step.is_whole else step.name
    return {
        "type": kind,
        "name": name,
        "version": f"sha256:{step.artifact}",
        "hashes": _sha256(content or step.artifact),
    }


def _files(files: Files) -> list[dict[str, Any]]:
    return [{"type": "file", "name": path, "hashes": _sha256(files[path])} for path in sorted(files)]


def _properties(step: Step) -> list[dict[str, str]]:
    shown = {"kind": step.kind, "reproducibility": step.reproducibility, "builder": step.builder}
    shown |= {key: step.setting(key) for key in _SHOWN_CONFIG if step.setting(key)}
    return [{"name": f"pedigree:{key}", "value": shown[key]} for key in sorted(shown)]


def _data(step: Step) -> dict[str, Any]:
    if step.kind in DATASETS:
        sealed = {"classification": "sealed: for evaluation only"} if step.config.get("sealed") is True else {}
        return {"type": "dataset", "name": step.address, **sealed}
    return {"type": "configuration" if step.kind == "eval_suite" else "other", "name": step.name}


def _references(evidence: Evidence) -> list[dict[str, Any]]:
    """The delivered files that say something about the model."""
    named = [("attestation", step.provenance) for step in evidence.steps]
    for evaluation in evidence.evaluations:
        named += [("quality-metrics", evaluation.report_file), ("attestation", evaluation.result_file)]
    named += [("model-card", CARD), ("license", LICENSES), ("digital-signature", "model.sig")]
    return [_reference(evidence, kind, path) for kind, path in sorted(named) if path in evidence.files]


def _reference(evidence: Evidence, kind: str, path: str) -> dict[str, Any]:
    return {"type": kind, "url": relative_url(path), "hashes": _sha256(evidence.files[path])}


def _sha256(digest: str) -> list[dict[str, str]]:
    return [{"alg": "SHA-256", "content": digest}]
