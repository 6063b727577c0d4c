"""GraphML of lineages, for yEd, Gephi, networkx and whatever else reads graphs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree import ElementTree

from pedigree.trust.lineage_graph import Graph

_NAMESPACE = "http://graphml.graphdrawing.org/xmlns"
_NODE = ("release", "standing", "step", "address", "kind", "artifact", "builder", "reproducibility", "provenance")
_EDGE = ("role",)
_VERIFIED = "verified"
# XML 1.0 has no way to write these, not even escaped.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def graphml(graphs: Sequence[Graph], verified: bool) -> bytes:
    """One document with all steps of all graphs; nodes are named by step, or `<number of the release>/<step>`.

    What XML cannot write in a name stands as U+FFFD.

    Args:
        graphs: A graph for each release.
        verified: Whether all of them were verified, which the document says of itself.
    """
    root = ElementTree.Element("graphml", {"xmlns": _NAMESPACE})
    for part, names in (("node", _NODE), ("edge", _EDGE)):
        for name in names:
            described = {"id": name, "for": part, "attr.name": name, "attr.type": "string"}
            ElementTree.SubElement(root, "key", described)
    described = {"id": _VERIFIED, "for": "graph", "attr.name": _VERIFIED, "attr.type": "boolean"}
    ElementTree.SubElement(root, "key", described)
    drawn = ElementTree.SubElement(root, "graph", {"id": "lineage", "edgedefault": "directed"})
    ElementTree.SubElement(drawn, "data", {"key": _VERIFIED}).text = str(verified).lower()
    for number, graph in enumerate(graphs):
        _add(drawn, graph, f"{number}/" if len(graphs) > 1 else "")
    ElementTree.indent(root, " ")
    document: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _add(drawn: ElementTree.Element, graph: Graph, prefix: str) -> None:
    for name, step in graph.steps.items():
        node = ElementTree.SubElement(drawn, "node", {"id": _text(prefix + name)})
        for key, text in {**step, "release": graph.release, "standing": graph.standing, "step": name}.items():
            if key in _NODE:
                ElementTree.SubElement(node, "data", {"key": key}).text = _text(text)
    for number, (start, end, role) in enumerate(graph.edges):
        ends = {"id": f"{prefix}e{number}", "source": _text(prefix + start), "target": _text(prefix + end)}
        edge = ElementTree.SubElement(drawn, "edge", ends)
        ElementTree.SubElement(edge, "data", {"key": "role"}).text = _text(role)


def _text(text: str) -> str:
    return _UNWRITABLE.sub("\ufffd", text)
