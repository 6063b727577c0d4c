"""What an SPDX document says of base models because people approved it: supplier, terms, approvals."""

from __future__ import annotations

from typing import Any

from pedigree.export.evidence import Evidence
from pedigree.export.spdx_graph import Graph
from pedigree.export.supplied import Supplied


def unknown_supplier(graph: Graph) -> str:
    """Whoever supplied what nobody says who supplied; its name.

    The AI profile demands a supplier, who must be an agent, and SPDX 3.0.1 has no individual for an unknown one.
    """
    words = "The release brings no entry that says who supplied this."
    return graph.add("Agent", graph.iri("supplier"), name="NOASSERTION", description=words)


def origin(graph: Graph, found: Supplied) -> dict[str, Any]:
    """Supplier, location and history of a base model, as its entry states them."""
    name = found.entry.publisher
    supplier = graph.add("Agent", graph.iri("publisher", name), name=name) if name else unknown_supplier(graph)
    if found.location:
        return {"suppliedBy": supplier, "software_downloadLocation": found.location}
    return {"suppliedBy": supplier, "software_sourceInfo": found.entry.source}


def annotate(graph: Graph, evidence: Evidence, iri: str, found: Supplied) -> None:
    """What the terms ask of whoever hands a base model on, how they were reviewed, and who approved that."""
    terms = found.entry.license
    review = f"license {terms.spdx}: family {terms.family}" + (f", review {terms.approval}" if terms.approval else "")
    by = f"by the trust root that the release brings, {evidence.brought.root}"
    statements = [("other", review)]
    statements += [("other", f"license obligation of {terms.spdx}: {obligation}") for obligation in terms.obligations]
    statements += [("review", f"approved, {by}, by {approval}") for approval in found.approvals]
    for number, (kind, statement) in enumerate(statements):
        name = graph.iri("approved", graph.short(iri), str(number))
        graph.add("Annotation", name, annotationType=kind, subject=iri, statement=statement)
