"""A delivered release as a verifier reads it: nothing is believed before its signature holds."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

from pedigree.step.canonical import MalformedJson, canonical_json, parse_json
from pedigree.step.digests import directory_files
from pedigree.trust.attestations import read_attestations
from pedigree.trust.envelope import open_bundle, open_envelope
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.evaluations import ROLE
from pedigree.trust.lineage import SCHEMA, provenance_file
from pedigree.trust.links import DELIVERY, SOURCES, link_file
from pedigree.trust.public import PublicKey
from pedigree.trust.statement import check_statement, is_sha256

Artifacts = dict[str, str]
ATTESTED = "attestations/trust"
"""Where a release has its copy of the attestations that were in force when it was sealed."""


class Delivered:
    """The files of a release, opened with one public key. Every part is read once, when first asked for.

    Attributes:
        release: The delivered directory.
        public: The key that all of it must be signed with.
    """

    def __init__(self, release: Path, public: PublicKey) -> None:
        self.release = release
        self.public = public

    def read(self, path: str) -> bytes:
        """A file's bytes.

        Raises:
            Refused: It is missing or cannot be read.
        """
        try:
            return (self.release / path).read_bytes()
        except OSError as error:
            raise Refused(f"{path}: {error.strerror}") from error

    @cached_property
    def digests(self) -> Artifacts:
        """Path -> sha256 of every file on disk.

        Raises:
            Refused: A file cannot be read, or something is neither a file nor a directory.
        """
        for path in sorted(self.release.rglob("*")):
            if path.is_symlink() or not (path.is_file() or path.is_dir()):
                raise Refused(f"{path.relative_to(self.release)} is neither a file nor a directory")
        try:
            return directory_files(self.release)
        except OSError as error:
            raise Refused(f"{error.filename}: {error.strerror}") from error

    @cached_property
    def layout(self) -> dict[str, Any]:
        """The owner's layout."""
        path = "attestations/root.layout"
        document = open_envelope(self.read(path), self.public, path)
        if document.get("_type") != "layout":
            raise MalformedEvidence(f"{path} is not a layout")
        return document

    @cached_property
    def lineage(self) -> dict[str, Any]:
        """The graph. It is not signed itself; what it says is compared with what is."""
        try:
            data = self.read("lineage.json")
            document = parse_json(data, "lineage.json")
            if not isinstance(document, dict) or canonical_json(document) != data or document.get("schema") != SCHEMA:
                raise MalformedEvidence(f"lineage.json is not a canonical {SCHEMA} document")
        except MalformedJson as error:
            raise MalformedEvidence(str(error)) from error
        return document

    @cached_property
    def step_names(self) -> list[str]:
        """The steps that the layout allows, without sources and delivery, in its order."""
        names = [step["name"] for step in self.layout["steps"]]
        if len(set(names)) != len(names) or names[:1] != [SOURCES] or names[-1:] != [DELIVERY] or len(names) < 3:
            raise Refused("the layout does not go from sources over steps to delivery")
        return names[1:-1]

    @cached_property
    def links(self) -> dict[str, dict[str, Any]]:
        """Step -> link, of every step of the layout."""
        return {name: self._link(name) for name in (SOURCES, *self.step_names, DELIVERY)}

    def materials(self, step: str) -> Artifacts:
        """What a step consumed, by its link."""
        return {path: value["sha256"] for path, value in self.links[step]["materials"].items()}

    def products(self, step: str) -> Artifacts:
        """What a step made, by its link."""
        return {path: value["sha256"] for path, value in self.links[step]["products"].items()}

    @cached_property
    def provenance(self) -> dict[str, dict[str, Any]]:
        """Step -> SLSA provenance statement."""
        return {name: self.statement(provenance_file(name)) for name in self.step_names}

    def statement(self, path: str, predicate_type: str | None = None) -> dict[str, Any]:
        """A signed statement of this release, checked for shape."""
        document = open_bundle(self.read(path), self.public, path)
        check_statement(document, path, predicate_type)
        return document

    def dependencies(self, step: str) -> list[dict[str, Any]]:
        """What a step consumed, by its provenance."""
        found: list[dict[str, Any]]
        found = self.provenance[step]["predicate"]["buildDefinition"]["resolvedDependencies"]
        return found

    def parameters(self, step: str) -> dict[str, Any]:
        """How a step was run, by its provenance."""
        found: dict[str, Any] = self.provenance[step]["predicate"]["buildDefinition"]["internalParameters"]
        return found

    @property
    def attested(self) -> dict[str, bytes]:
        """What the release brings of the attestations that were in force when it was sealed; path -> content.

        Raises:
            MalformedEvidence: Something there is no file that evidence could be.
        """
        directory = self.release / ATTESTED
        return read_attestations(directory) if directory.is_dir() else {}

    def judges(self) -> dict[str, str]:
        """Suite -> the step that judged, by the provenance of the release step."""
        found = {}
        for dependency in self.dependencies(self.step_names[-1]):
            origin = dependency["annotations"]
            if origin.get("role", "").startswith(ROLE):
                found[origin["role"][len(ROLE) :]] = origin["step"]
        return found

    def _link(self, name: str) -> dict[str, Any]:
        path = f"attestations/links/{link_file(name, self.public.keyid)}"
        document = open_envelope(self.read(path), self.public, path)
        if document.get("_type") != "link" or document.get("name") != name:
            raise Refused(f"{path} is not the link of step '{name}'")
        for side in ("materials", "products"):
            for artifact, value in document[side].items():
                if not isinstance(value, dict) or set(value) != {"sha256"} or not is_sha256(value["sha256"]):
                    raise MalformedEvidence(f"{path}: the digest of {artifact} is not one SHA-256 in lower-case hex")
        return document
