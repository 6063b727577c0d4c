"""A delivered release as anybody reads it who believes it: shape is checked, signatures are not."""

from __future__ import annotations

import binascii
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from pedigree.step.canonical import MalformedJson, parse_json
from pedigree.step.errors import ToolError
from pedigree.trust.attestations import read_brought
from pedigree.trust.errors import MalformedEvidence
from pedigree.trust.instructions import KEY_FILE
from pedigree.trust.lineage import provenance_file
from pedigree.trust.lineage_graph import read_graph
from pedigree.trust.once import once
from pedigree.trust.public import LARGEST_KEY, public_key
from pedigree.trust.reading import LARGEST_DELIVERED, read_plainly, require_few_values
from pedigree.trust.statement import PROVENANCE, check_statement


class Readable(Protocol):
    """What both a verified and an unverified release give."""

    @property
    def lineage(self) -> Mapping[str, Any]:
        """The graph's document."""

    @property
    def provenance(self) -> Mapping[str, Mapping[str, Any]]:
        """Step -> its provenance."""

    @property
    def sealer(self) -> str:
        """The fingerprint of the key that sealed."""

    @property
    def attested(self) -> Mapping[str, bytes]:
        """What it brings of the attestations that were in force when it was sealed; path -> content."""


class Unverified:
    """The graph and the provenance of a release, whoever wrote them. Raises as `Delivered` does."""

    def __init__(self, release: Path) -> None:
        self.release = release

    @once
    def lineage(self) -> dict[str, Any]:
        """The graph's document."""
        return self._json("lineage.json")

    @once
    def provenance(self) -> dict[str, dict[str, Any]]:
        """Step -> its provenance, of every step that the graph names."""
        return {name: self._statement(provenance_file(name)) for name in read_graph(self.lineage).steps}

    @once
    def sealer(self) -> str:
        """The fingerprint of the key that it brings as that of its signer."""
        try:
            return public_key(read_plainly(self.release / KEY_FILE, KEY_FILE, LARGEST_KEY), KEY_FILE).fingerprint
        except ToolError as error:
            raise MalformedEvidence(f"{KEY_FILE} is no public key") from error

    @once
    def attested(self) -> dict[str, bytes]:
        """What it brings of attestations; path -> content."""
        return read_brought(self.release)

    def _statement(self, path: str) -> dict[str, Any]:
        bundle = self._json(path)
        try:
            payload = binascii.a2b_base64(bundle["dsseEnvelope"]["payload"])
            require_few_values(payload, f"the payload of {path}")
            statement = parse_json(payload, f"the payload of {path}")
        except (KeyError, TypeError, ValueError) as error:
            raise MalformedEvidence(f"{path} is not a statement in a Sigstore bundle: {error}") from error
        if not isinstance(statement, dict):
            raise MalformedEvidence(f"{path} is not a statement in a Sigstore bundle")
        check_statement(statement, path, PROVENANCE)
        return statement

    def _json(self, path: str) -> dict[str, Any]:
        try:
            document = parse_json(read_plainly(self.release / path, path, LARGEST_DELIVERED), path)
        except MalformedJson as error:
            raise MalformedEvidence(str(error)) from error
        if not isinstance(document, dict):
            raise MalformedEvidence(f"{path} is not one JSON object")
        return document
