"""Elements of an SPDX 3.0.1 document and the relations between them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

CONTEXT = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld"
NO_ASSERTION = "https://spdx.org/rdf/3.0.1/terms/Core/NoAssertionElement"
NO_ASSERTION_LICENSE = "https://spdx.org/rdf/3.0.1/terms/ExpandedLicensing/NoAssertionLicense"
CREATION = "_:creation"
EPOCH = "1970-01-01T00:00:00Z"
"""What stands where SPDX demands a time: signed evidence holds none, and two exports of a release must be one."""

_COMMENT = (
    "Signed evidence holds no wall-clock time. Where SPDX demands one it is the Unix epoch, which here means: not "
    "stated. Where it demands a download location, the name of the content by its digest stands (RFC 6920)."
)
# The only relations that SPDX knows the period of are those of a build, and what a model needs when it runs.
_BUILD = frozenset(("hasInput", "hasOutput", "invokedBy", "usesTool"))
_RUNTIME = "dependsOn"


class Graph:
    """Collects elements; every name in it follows from the lineage and from what is named."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._elements: dict[str, dict[str, Any]] = {}

    def iri(self, *names: str) -> str:
        """The name of an element: the document's URI and a fragment."""
        return f"{self._uri}#{'/'.join(quote(name, safe='') for name in names)}"

    def short(self, iri: str) -> str:
        """The fragment of a name, which tells it from every other in the document."""
        return iri.removeprefix(f"{self._uri}#")

    def add(self, kind: str, iri: str, **properties: Any) -> str:
        """Add an element, unless it is there; its name. Properties without a value are left out."""
        given = {key: value for key, value in properties.items() if value not in ("", [], None)}
        self._elements.setdefault(iri, {"type": kind, "spdxId": iri, "creationInfo": CREATION, **given})
        return iri

    def relate(self, relation: str, origin: str, targets: Iterable[str], completeness: str = "") -> None:
        """Say how one element is related to others; nothing is said when there are none."""
        found = sorted(set(targets))
        if not found:
            return
        scope = "build" if relation in _BUILD else "runtime" if relation == _RUNTIME else ""
        self.add(
            "LifecycleScopedRelationship" if scope else "Relationship",
            self.iri("relationship", relation, self.short(origin)),
            **{"from": origin, "to": found, "relationshipType": relation, "completeness": completeness, "scope": scope},
        )

    def document(self, creator: str, root: str, profiles: list[str], comment: str) -> dict[str, Any]:
        """All of it as JSON-LD.

        Args:
            creator: The agent that wrote it.
            root: What the bill of materials is about.
            profiles: The profiles that it conforms to.
            comment: What else is to be known of all of it; may be empty.
        """
        everything = sorted(self._elements)
        sbom = self.add(
            "software_Sbom",
            self.iri("sbom"),
            element=everything,
            rootElement=[root],
            software_sbomType=["build"],
            profileConformance=profiles,
        )
        self.add(
            "SpdxDocument",
            self.iri("document"),
            element=[*everything, sbom],
            rootElement=[sbom],
            profileConformance=profiles,
            comment=comment,
        )
        creation = {
            "type": "CreationInfo",
            "@id": CREATION,
            "specVersion": "3.0.1",
            "created": EPOCH,
            "createdBy": [creator],
            "comment": _COMMENT,
        }
        return {"@context": CONTEXT, "@graph": [creation, *(self._elements[iri] for iri in sorted(self._elements))]}


def sha256(digest: str, comment: str = "") -> list[dict[str, str]]:
    """A digest as SPDX writes it."""
    found = {"type": "Hash", "algorithm": "sha256", "hashValue": digest}
    return [{**found, "comment": comment} if comment else found]


def entries(values: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    """Keys and values as SPDX writes them."""
    return [{"type": "DictionaryEntry", "key": key, "value": value} for key, value in values]
