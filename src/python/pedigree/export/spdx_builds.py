"""The steps of a release as SPDX builds: inputs, outputs, tools, and who ran them."""

from __future__ import annotations

from pedigree.export.evidence import Evidence
from pedigree.export.spdx_graph import Graph, entries, sha256
from pedigree.export.spdx_packages import artifact, source
from pedigree.export.steps import Step
from pedigree.export.tools import interpreters, locks, packages, tool_ref, tools
from pedigree.step.canonical import canonical_json


def add_tools(graph: Graph, evidence: Evidence) -> None:
    """Tools with the packages that they ran with, and the interpreters."""
    for url, package in packages(evidence).items():
        graph.add(
            "software_Package",
            graph.iri("package", url),
            name=package.name,
            software_packageVersion=package.version,
            software_packageUrl=url,
            software_primaryPurpose="library",
        )
    for path, lock in locks(evidence).items():
        source(graph, path, lock.sha256)
    for ref, tool in tools(evidence).items():
        iri = graph.add(
            "software_Package",
            graph.iri("tool", ref),
            name=tool.module,
            software_packageVersion=f"sha256:{tool.code}",
            software_primaryPurpose="application",
        )
        graph.relate("hasDependencyManifest", iri, [graph.iri("source", tool.lock)])
        graph.relate("dependsOn", iri, (graph.iri("package", url) for url in locks(evidence)[tool.lock].packages))
    for digest in interpreters(evidence):
        iri = graph.iri("interpreter", digest)
        graph.add(
            "software_File", iri, name="python", verifiedUsing=sha256(digest), software_primaryPurpose="executable"
        )


def add_build(graph: Graph, evidence: Evidence, step: Step) -> None:
    """One step: what it was made from, by what, by whom, and what it made."""
    config = [(key, canonical_json(value).decode()) for key, value in sorted(step.config.items())]
    iri = graph.add(
        "build_Build",
        graph.iri("build", step.name),
        name=step.name,
        build_buildType=step.build_type,
        build_buildId=step.name,
        build_parameter=entries(config),
        build_configSourceDigest=sha256(step.config_sha256) if step.config_sha256 else [],
    )
    taken = [graph.iri("artifact", name) for name in step.inputs.values()]
    kept = [source(graph, path, digest) for files in step.sources.values() for path, digest in files.items()]
    graph.relate("hasInput", iri, [*taken, *kept])
    graph.relate("hasOutput", iri, [artifact(graph, evidence, step)])
    used = (graph.iri("tool", tool_ref(step.tool)), graph.iri("interpreter", step.tool.interpreter_sha256))
    graph.relate("usesTool", iri, used)
    builder = graph.add("SoftwareAgent", graph.iri("builder", step.builder), name=step.builder)
    graph.relate("invokedBy", iri, [builder])
