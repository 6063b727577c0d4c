"""What the steps of a release made, as SPDX packages: models, datasets, and the rest."""

from __future__ import annotations

from typing import Any

from pedigree.export.ancestry import Remembered
from pedigree.export.card import LIMITS, USE, statements
from pedigree.export.evidence import Evidence
from pedigree.export.identifiers import content_uri
from pedigree.export.spdx_graph import EPOCH, NO_ASSERTION_LICENSE, Graph, entries, sha256
from pedigree.export.spdx_supplied import annotate, origin, unknown_supplier
from pedigree.export.steps import BASE_MODEL, DATASETS, MODELS, Step
from pedigree.export.supplied import supplied

_TREE = "SHA-256 of the list of the files as sha256sum prints it, sorted by path"
_TEXTS = ("text", "messages", "preference", "review", "completion")
_PURPOSES = {"eval_suite": "specification", "evaluation": "evidence"}


def signer(graph: Graph, evidence: Evidence) -> str:
    """Whoever holds the key of the release."""
    return graph.add("Agent", graph.iri("signer"), name=f"holder of the key sha256:{evidence.fingerprint}")


def artifact(graph: Graph, evidence: Evidence, step: Step) -> str:
    """What a step made; its name."""
    iri = graph.iri("artifact", step.name)
    common = _package(graph, evidence, step.address if step.is_whole else step.name, step.artifact)
    if step is evidence.release:
        _add_model(graph, iri, step, {**common, **_told(evidence), "name": step.setting("release") or step.address})
    elif step.kind == BASE_MODEL:
        _add_base(graph, evidence, iri, step, common)
    elif step.kind in MODELS:
        _add_model(graph, iri, step, {**common, **_trained(step)})
    elif step.kind in DATASETS and step.is_whole:
        _add_dataset(graph, iri, step, common)
    else:
        graph.add("software_Package", iri, **common, software_primaryPurpose=_PURPOSES.get(step.kind, "data"))
    return iri


def remembered(graph: Graph, evidence: Evidence, one: Remembered) -> str:
    """A dataset that a base model was trained on, of which a release holds the digest of a manifest; its name."""
    iri = graph.iri("remembered", one.path)
    graph.add(
        "dataset_DatasetPackage",
        iri,
        name=one.path,
        dataset_datasetType=["noAssertion"],
        dataset_intendedUse="training",
        description="What a base model was trained on; its manifest is named by digest, its records are not.",
        software_primaryPurpose="data",
        software_downloadLocation=content_uri(one.sha256),
        originatedBy=[signer(graph, evidence)],
        builtTime=EPOCH,
        releaseTime=EPOCH,
    )
    _license(graph, iri, "")
    graph.relate("hasMetadata", iri, [source(graph, one.path, one.sha256)])
    return iri


def source(graph: Graph, path: str, digest: str) -> str:
    """A file under version control; its name."""
    iri = graph.iri("source", path)
    return graph.add("software_File", iri, name=path, verifiedUsing=sha256(digest), software_primaryPurpose="source")


def file(graph: Graph, owner: Step, evidence: Evidence, path: str, digest: str) -> str:
    """A file of an artifact, or one that is delivered; its name."""
    names = ("file", path) if owner is evidence.release else ("artifact", owner.name, path)
    return graph.add("software_File", graph.iri(*names), name=path, verifiedUsing=sha256(digest))


def _package(graph: Graph, evidence: Evidence, name: str, digest: str) -> dict[str, Any]:
    return {
        "name": name,
        "software_packageVersion": f"sha256:{digest}",
        "software_downloadLocation": content_uri(digest),
        "verifiedUsing": sha256(digest, _TREE),
        "suppliedBy": signer(graph, evidence),
        "builtTime": EPOCH,
        "releaseTime": EPOCH,
    }


def _add_model(graph: Graph, iri: str, step: Step, properties: dict[str, Any], concluded: str = "") -> None:
    graph.add("ai_AIPackage", iri, **properties, software_primaryPurpose="model")
    _license(graph, iri, step.setting("license"), concluded)


def _add_base(graph: Graph, evidence: Evidence, iri: str, step: Step, common: dict[str, Any]) -> None:
    """A base model: others made it, so what is said of its origin and its terms is what people approved."""
    found = supplied(evidence, step)
    come_from = origin(graph, found) if found else {"suppliedBy": unknown_supplier(graph)}
    terms = found.entry.license.spdx if found else ""
    _add_model(graph, iri, step, {**common, **come_from}, terms)
    if found:
        annotate(graph, evidence, iri, found)


def _add_dataset(graph: Graph, iri: str, step: Step, common: dict[str, Any]) -> None:
    origin = step.setting("origin")
    graph.add(
        "dataset_DatasetPackage",
        iri,
        **common,
        software_primaryPurpose="data",
        originatedBy=[common["suppliedBy"]],
        dataset_datasetType=["text" if step.config.get("form") in _TEXTS else "noAssertion"],
        dataset_intendedUse="evaluation (sealed)" if step.config.get("sealed") is True else "training",
        dataset_dataCollectionProcess=f"origin: {origin}" if origin else "",
    )
    _license(graph, iri, step.setting("license"))


def _trained(step: Step) -> dict[str, Any]:
    """How a stage was trained: what the BUILD file sets, and the file with the rest by digest."""
    if step.kind != "finetune":
        return {}
    settings = [(key, step.setting(key)) for key in ("seed", "weights") if step.setting(key)]
    files = step.sources.get("hyperparameters", {})
    return {
        "ai_informationAboutTraining": f"trained by {step.tool.module}",
        "ai_hyperparameter": entries([*settings, *((path, f"sha256:{files[path]}") for path in sorted(files))]),
    }


def _told(evidence: Evidence) -> dict[str, Any]:
    """What was measured of the delivered model, and what its authors say of it."""
    return {
        "ai_metric": entries(
            (f"{evaluation.suite}/{metric.name}", metric.value)
            for evaluation in evidence.evaluations
            for metric in evaluation.metrics
        ),
        "ai_informationAboutApplication": "\n".join(statements(evidence.card, USE)),
        "ai_limitation": "\n".join(statements(evidence.card, LIMITS)),
    }


def _license(graph: Graph, iri: str, declared: str, concluded: str = "") -> None:
    """The license that a BUILD file declares, and the one that people approved; the profiles want both said."""
    graph.relate("hasDeclaredLicense", iri, [_expression(graph, declared)])
    graph.relate("hasConcludedLicense", iri, [_expression(graph, concluded)])


def _expression(graph: Graph, text: str) -> str:
    if not text:
        return NO_ASSERTION_LICENSE
    iri = graph.iri("license", text)
    return graph.add("simplelicensing_LicenseExpression", iri, simplelicensing_licenseExpression=text)
