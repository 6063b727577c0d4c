"""A release as an SPDX 3.0.1 document with the AI, Dataset and Build profiles."""

from __future__ import annotations

from pedigree.export.ancestry import (
    Learned,
    all_learning,
    datasets,
    delivered_model,
    models,
    own_learning,
    sets_asked,
    started_from,
)
from pedigree.export.evidence import CARD, Evidence
from pedigree.export.identifiers import lineage_uri
from pedigree.export.spdx_builds import add_build, add_tools
from pedigree.export.spdx_graph import NO_ASSERTION, Graph
from pedigree.export.spdx_packages import file, remembered
from pedigree.export.steps import Step
from pedigree.export.supplied import supplied
from pedigree.step.canonical import canonical_json
from pedigree.trust.obligations import LICENSES

_PROFILES = ["core", "software", "simpleLicensing", "ai", "dataset", "build"]
_VERDICT = {True: "holds", False: "does not hold"}
_DOCUMENTATION = (CARD, "VERIFY.md", "lineage.html", LICENSES)


def spdx(evidence: Evidence) -> bytes:
    """The document as canonical JSON-LD."""
    graph = Graph(lineage_uri(evidence.root, evidence.fingerprint))
    add_tools(graph, evidence)
    for step in evidence.steps:
        add_build(graph, evidence, step)
        made = [file(graph, step, evidence, path, sha) for path, sha in step.products.items()]
        graph.relate("contains", _made(graph, step), made)
    for step in (*models(evidence), *datasets(evidence)):
        _relate_files(graph, evidence, step)
    for model in models(evidence):
        _relate_training(graph, evidence, model, own_learning(model))
    _relate_descent(graph, evidence)
    _relate_tests(graph, evidence)
    _describe_delivery(graph, evidence)
    exporter = graph.add("SoftwareAgent", graph.iri("exporter"), name="pedigree export")
    document = graph.document(exporter, _made(graph, evidence.release), _PROFILES, _comment(evidence))
    return canonical_json(document) + b"\n"


def _made(graph: Graph, step: Step) -> str:
    return graph.iri("artifact", step.name)


def _delivered(graph: Graph, evidence: Evidence, path: str) -> str:
    return file(graph, evidence.release, evidence, path, evidence.files[path])


def _comment(evidence: Evidence) -> str:
    told = {"Standing": evidence.standing, "Trust root that the release brings": evidence.brought.root}
    return "\n".join(f"{what}: {words}" for what, words in told.items() if words)


def _relate_files(graph: Graph, evidence: Evidence, step: Step) -> None:
    """The delivered files that say something about a model or a dataset."""
    proof: list[str] = [step.provenance]
    told: list[str] = []
    if found := supplied(evidence, step):
        proof += [found.entry_file, found.scan, *found.signed]
        told += found.cards
    graph.relate("hasEvidence", _made(graph, step), (_delivered(graph, evidence, path) for path in proof))
    graph.relate("hasDocumentation", _made(graph, step), (_delivered(graph, evidence, path) for path in told))


def _relate_training(graph: Graph, evidence: Evidence, model: Step, learned: Learned) -> None:
    """What a model was trained on; where that is not known, the document says so."""
    inside = [graph.iri("artifact", name) for name in learned.datasets]
    outside = [remembered(graph, evidence, one) for one in learned.remembered]
    known = [*inside, *outside]
    completeness = "complete" if learned.complete else "incomplete" if known else "noAssertion"
    graph.relate("trainedOn", _made(graph, model), known or [NO_ASSERTION], completeness)


def _relate_descent(graph: Graph, evidence: Evidence) -> None:
    """Which model was made from which, and which base an adapter needs when it runs."""
    children: dict[str, list[str]] = {}
    for model in models(evidence):
        for before in started_from(evidence, model):
            children.setdefault(_made(graph, before), []).append(_made(graph, model))
        if model.config.get("weights") == "lora":
            graph.relate("dependsOn", _made(graph, model), [graph.iri("artifact", model.inputs["base"])])
    children.setdefault(_made(graph, delivered_model(evidence)), []).append(_made(graph, evidence.release))
    for parent, stages in children.items():
        graph.relate("ancestorOf", parent, stages)


def _relate_tests(graph: Graph, evidence: Evidence) -> None:
    """Which sealed sets each model was asked; the delivered one is the model of its last stage."""
    tested = sets_asked(evidence)
    tested[evidence.release.name] = tested.get(delivered_model(evidence).name, ())
    for model, sets in tested.items():
        graph.relate("testedOn", graph.iri("artifact", model), (graph.iri("artifact", name) for name in sets))


def _describe_delivery(graph: Graph, evidence: Evidence) -> None:
    """The delivered model: what it and its ancestors learned from, its evidence and documentation, and its gates."""
    release = evidence.release
    iri = _made(graph, release)
    _relate_training(graph, evidence, release, all_learning(evidence, delivered_model(evidence)))
    if "base" in release.inputs:
        graph.relate("dependsOn", iri, [graph.iri("artifact", release.inputs["base"])])
    documentation = {path for path in _DOCUMENTATION if path in evidence.files}
    proof = {path for path in evidence.files if not path.startswith("model/")} - documentation
    graph.relate("hasDocumentation", iri, (_delivered(graph, evidence, path) for path in documentation))
    graph.relate("hasEvidence", iri, (_delivered(graph, evidence, path) for path in proof))
    for evaluation in evidence.evaluations:
        for gate in evaluation.gates.values():
            bound = f"{gate.metric} {gate.comparison} {gate.threshold}"
            graph.add(
                "Annotation",
                graph.iri("gate", evaluation.suite, gate.metric),
                annotationType="review",
                subject=iri,
                statement=f"suite {evaluation.suite}: {bound}, measured {gate.value}, {_VERDICT[gate.passed]}",
            )
