"""A delivered release as a verifier reads it: nothing is believed before its signature holds."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from pedigree.step.canonical import MalformedJson, parse_canonical
from pedigree.step.digests import sha256_bytes
from pedigree.trust.attestations import read_attestations
from pedigree.trust.envelope import bundle_payload, open_bundle, open_envelope, open_payload
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.evaluations import ROLE
from pedigree.trust.hashing import digests_of, plain_files, processors
from pedigree.trust.lineage import SCHEMA, provenance_file
from pedigree.trust.links import DELIVERY, SOURCES, link_file
from pedigree.trust.once import once
from pedigree.trust.public import PublicKey
from pedigree.trust.sharing import Shared
from pedigree.trust.statement import PROVENANCE, check_statement

Artifacts = dict[str, str]
ATTESTED = "attestations/trust"
"""Where a release has its copy of the attestations that were in force when it was sealed."""
T = TypeVar("T")

LARGEST = 1 << 26
"""Evidence of more bytes is refused unread: the layout of 10,000 steps takes a quarter of it."""

# Not through a link, and not waiting for somebody to write to a pipe.
_PLAINLY = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


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

    def read(self, path: str) -> bytes:
        """A file's bytes.

        Raises:
            Refused: As `read_plainly`, or it is not what it was at first.
        """
        data = read_plainly(self.release, path)
        if self._seen.setdefault(path, digest := sha256_bytes(data)) != digest:
            raise Refused(f"{path} was changed while it was read")
        return data

    @once
    def digests(self) -> Artifacts:
        """Path -> sha256 of every file on disk. A file that was read as evidence counts as it was then.

        Raises:
            Refused: A file cannot be read, or something is neither a file nor a directory.
        """
        files = plain_files(self.release)
        unread = digests_of(self.release, {path: size for path, size in files.items() if path not in self._seen})
        return {path: self._seen.get(path) or unread[path] for path in files}

    @once
    def layout(self) -> dict[str, Any]:
        """The owner's layout."""
        path = "attestations/root.layout"
        document = open_envelope(self.read(path), self.public, path)
        if document.get("_type") != "layout":
            raise MalformedEvidence(f"{path} is not a layout")
        for step in document["steps"]:
            for side in ("expected_materials", "expected_products"):
                step[side] = [list(map(self._shared.text, rule)) for rule in step[side]]
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
        names = (SOURCES, *self.step_names, DELIVERY)
        return dict(zip(names, _side_by_side(self._link, names), strict=True))

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
        return dict(zip(self.step_names, _side_by_side(self._signed_provenance, self.step_names), strict=True))

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

    def _signed_provenance(self, step: str) -> tuple[dict[str, Any], str]:
        path = provenance_file(step)
        payload = bundle_payload(self.read(path), self.public, path)
        document = open_payload(payload, path)
        self._check_provenance(document, path)
        return document, sha256_bytes(payload)

    def _check_provenance(self, document: dict[str, Any], path: str) -> None:
        try:
            self._shared.provenance(document)
        except (KeyError, TypeError, ValueError, AttributeError):
            check_statement(document, path, PROVENANCE)  # says what is wrong, if that is what is wrong
            raise
        listed = document["predicate"]["buildDefinition"]["resolvedDependencies"], document["subject"]
        check_statement(document, path, PROVENANCE, {id(each) for each in listed})

    def _link(self, name: str) -> dict[str, Any]:
        path = f"attestations/links/{link_file(name, self.public.keyid)}"
        document = open_envelope(self.read(path), self.public, path)
        if document.get("_type") != "link" or document.get("name") != name:
            raise Refused(f"{path} is not the link of step '{name}'")
        for side in ("materials", "products"):
            try:
                document[side] = self._shared.artifacts(document[side])
            except (KeyError, TypeError, ValueError) as error:
                raise MalformedEvidence(f"{path}: {side} must be one SHA-256 in lower-case hex each") from error
        document["environment"] = self._shared.flat(document["environment"])
        return document


def read_plainly(release: Path, path: str) -> bytes:
    """The bytes of a file of a release.

    Raises:
        Refused: It is missing, cannot be read, is not a file, or is larger than evidence is.
    """
    try:
        descriptor = os.open(f"{release}/{path}", _PLAINLY)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise Refused(f"{path} is not a file")
            if status.st_size > LARGEST:
                raise Refused(f"{path} is larger than evidence is: {status.st_size} bytes, at most {LARGEST}")
            data = os.read(descriptor, status.st_size)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}") from error
    if len(data) != status.st_size:
        raise Refused(f"{path} was changed while it was read")
    return data


def _side_by_side(read: Callable[[str], T], names: Iterable[str]) -> list[T]:
    """Read evidence on all processors: threads wait for each other while they parse, but not while they verify."""
    with ThreadPoolExecutor(processors()) as pool:
        return list(pool.map(read, names))
