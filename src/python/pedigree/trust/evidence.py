"""A delivered release as a verifier reads it: nothing is believed before its signature holds."""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from pedigree.step.canonical import MalformedJson, parse_canonical
from pedigree.step.digests import sha256_bytes
from pedigree.trust.attestations import ATTESTED, is_attestation, within_bounds
from pedigree.trust.envelope import bundle_payload, envelope_payload, open_bundle, open_envelope, open_payload
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.evaluations import ROLE
from pedigree.trust.forks import side_by_side
from pedigree.trust.graph import Graph, graph_of_provenance
from pedigree.trust.hashing import digests_of, plain_files
from pedigree.trust.lineage import SCHEMA, provenance_file, standing_file
from pedigree.trust.links import DELIVERY, LINKS, SOURCES, TREE, link_file
from pedigree.trust.once import once
from pedigree.trust.public import PublicKey
from pedigree.trust.reading import LARGEST_DELIVERED, read_plainly
from pedigree.trust.sharing import Shared
from pedigree.trust.standing_statement import Standing, require_standing
from pedigree.trust.statement import PROVENANCE, STANDING, check_statement

Artifacts = dict[str, str]
BUNDLE = ".sigstore.json"


class Delivered:
    """The files of a release, opened with one public key. Every part is read once, when first asked for.

    What is opened shares equal parts (see `sharing`), so nobody may change it.

    Attributes:
        release: The delivered directory.
        public: The key that all of it must be signed with.
    """

    def __init__(self, release: Path, public: PublicKey) -> None:
        self.release = release
        self.public = public
        self._seen: Artifacts = {}
        self._shared = Shared()

    def read(self, path: str, largest: int = LARGEST_DELIVERED) -> bytes:
        """A file's bytes, if they are not too many.

        Raises:
            Refused: As `read_plainly`, or it is not what it was at first.
        """
        data = read_plainly(f"{self.release}/{path}", path, largest)
        self._see(path, sha256_bytes(data))
        return data

    def _see(self, path: str, digest: str) -> None:
        if self._seen.setdefault(path, digest) != digest:
            raise Refused(f"{path} was changed while it was read")

    @once
    def digests(self) -> Artifacts:
        """Path -> sha256 of every file on disk. A file that was read as evidence counts as it was then.

        What is read later must be what is counted here.

        Raises:
            Refused: A file cannot be read, or something is neither a file nor a directory.
        """
        files = plain_files(self.release)
        unread = digests_of(self.release, {path: size for path, size in files.items() if path not in self._seen})
        self._seen |= unread
        return {path: self._seen[path] for path in files}

    @once
    def layout(self) -> dict[str, Any]:
        """The owner's layout."""
        path = "attestations/root.layout"
        document = open_envelope(self.read(path), self.public, path)
        if document.get("_type") != "layout":
            raise MalformedEvidence(f"{path} is not a layout")
        for step in document["steps"]:
            for side in ("expected_materials", "expected_products"):
                step[side] = self._shared.rules(step[side])
        return document

    @once
    def lineage(self) -> dict[str, Any]:
        """The graph. It is not signed itself; what it says is compared with what is."""
        try:
            document = parse_canonical(self.read("lineage.json"), "lineage.json")
        except MalformedJson as error:
            raise MalformedEvidence(str(error)) from error
        if not isinstance(document, dict) or document.get("schema") != SCHEMA:
            raise MalformedEvidence(f"lineage.json is not a {SCHEMA} document")
        self._shared.steps(document["steps"])
        return document

    @once
    def step_names(self) -> list[str]:
        """The steps that the layout allows, without sources and delivery, in its order."""
        names = [step["name"] for step in self.layout["steps"]]
        if len(set(names)) != len(names) or names[:1] != [SOURCES] or names[-1:] != [DELIVERY] or len(names) < 3:
            raise Refused("the layout does not go from sources over steps to delivery")
        return names[1:-1]

    @once
    def links(self) -> dict[str, dict[str, Any]]:
        """Step -> link, of every step of the layout."""
        paths = {name: f"{LINKS}{link_file(name, self.public.keyid)}" for name in (SOURCES, *self.step_names, DELIVERY)}
        with closing(self._opened(list(paths.values()))) as opened:
            found = zip(paths.items(), opened, strict=True)
            return {name: self._link(name, path, document) for (name, path), (document, _) in found}

    def materials(self, step: str) -> Artifacts:
        """What a step consumed, by its link."""
        return {path: value["sha256"] for path, value in self.links[step]["materials"].items()}

    def products(self, step: str) -> Artifacts:
        """What a step made, by its link."""
        return {path: value["sha256"] for path, value in self.links[step]["products"].items()}

    @once
    def provenance(self) -> dict[str, dict[str, Any]]:
        """Step -> SLSA provenance statement."""
        return {name: document for name, (document, _) in self._provenance.items()}

    @once
    def provenance_digests(self) -> Artifacts:
        """Step -> sha256 of its provenance statement, as it was signed."""
        return {name: digest for name, (_, digest) in self._provenance.items()}

    @once
    def _provenance(self) -> dict[str, tuple[dict[str, Any], str]]:
        paths = {name: provenance_file(name) for name in self.step_names}
        found = {}
        with closing(self._opened(list(paths.values()))) as opened:
            for (name, path), (document, digest) in zip(paths.items(), opened, strict=True):
                self._check_provenance(document, path)
                found[name] = document, digest
        return found

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
    def sealer(self) -> str:
        """The fingerprint of the key that sealed."""
        return self.public.fingerprint

    @once
    def attested(self) -> dict[str, bytes]:
        """What the release brings of the attestations that were in force when it was sealed; path -> content.

        What is judged is what was hashed: no other files than those of `digests`, and with the digests that they have.

        Raises:
            Refused: As `digests`, `read` or `within_bounds`.
        """
        place = f"{ATTESTED}/"
        paths = [path for path in self.digests if path.startswith(place) and is_attestation(path[len(place) :])]
        found = within_bounds(paths, self.read, ATTESTED)
        return {path[len(place) :]: data for path, data in found.items()}

    @once
    def standing(self) -> Standing | None:
        """How the release says that it stands to its plan; None for one of the first versions of the format.

        Raises:
            MalformedEvidence: The statement is none.
            Refused: It is not signed by this key, or is about another release.
        """
        release = self.step_names[-1]
        path = standing_file(release)
        if path not in self.digests:
            return None
        made = {name: sha256 for name, sha256 in self.products(release).items() if not name.endswith(TREE)}
        return require_standing(self.statement(path, STANDING), path, made)

    @once
    def graph(self) -> Graph:
        """What each step consumed and made, by its provenance."""
        return graph_of_provenance(self.provenance, self.step_names[-1])

    def judges(self) -> dict[str, str]:
        """Suite -> the step that judged, by the provenance of the release step."""
        found = {}
        for dependency in self.dependencies(self.step_names[-1]):
            origin = dependency["annotations"]
            if origin.get("role", "").startswith(ROLE):
                found[origin["role"][len(ROLE) :]] = origin["step"]
        return found

    def _opened(self, paths: Sequence[str]) -> Generator[tuple[dict[str, Any], str], None, None]:
        """Signed documents, and the digest of each as it was signed."""
        with closing(side_by_side(self._verified, paths)) as verified:
            for path, (payload, digest, seen) in zip(paths, verified, strict=True):
                self._see(path, seen)
                yield json.loads(payload), digest

    def _verified(self, path: str) -> tuple[bytes, str, str]:
        """A signed payload that is one canonical JSON object, its digest, and that of the file.

        It is not what is parsed that goes from process to process: that takes longer than to parse it again.
        """
        data = read_plainly(f"{self.release}/{path}", path, LARGEST_DELIVERED)
        payload = (bundle_payload if path.endswith(BUNDLE) else envelope_payload)(data, self.public, path)
        open_payload(payload, path)
        return payload, sha256_bytes(payload), sha256_bytes(data)

    def _check_provenance(self, document: dict[str, Any], path: str) -> None:
        try:
            self._shared.provenance(document)
        except (KeyError, TypeError, ValueError, AttributeError):
            check_statement(document, path, PROVENANCE)  # says what is wrong, if that is what is wrong
            raise
        listed = document["predicate"]["buildDefinition"]["resolvedDependencies"], document["subject"]
        check_statement(document, path, PROVENANCE, {id(each) for each in listed})

    def _link(self, name: str, path: str, document: dict[str, Any]) -> dict[str, Any]:
        if document.get("_type") != "link" or document.get("name") != name:
            raise Refused(f"{path} is not the link of step '{name}'")
        for side in ("materials", "products"):
            try:
                document[side] = self._shared.artifacts(document[side])
            except (KeyError, TypeError, ValueError) as error:
                raise MalformedEvidence(f"{path}: {side} must be one SHA-256 in lower-case hex each") from error
        document["environment"] = self._shared.flat(document["environment"])
        return document
