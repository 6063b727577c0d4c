"""One copy of what evidence says again and again.

Ten thousand steps name the same code, packages and digests. Kept as parsed, their evidence takes a gigabyte; with equal
parts shared it takes a tenth. What is shared must not be changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_FLAT = frozenset({"packages", "environment", "platform", "properties", "accelerator"})


class Shared:
    """Gives for each value the first one that was equal to it. Threads may use it at once."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._digests: dict[str, dict[str, str]] = {}
        self._flat: dict[tuple[tuple[str, str], ...], dict[str, str]] = {}
        self._descriptors: dict[tuple[str, int, int], dict[str, Any]] = {}

    def text(self, text: str) -> str:
        """A string."""
        return self._texts.setdefault(text, text)

    def digest(self, value: dict[str, str]) -> dict[str, str]:
        """A digest set with one SHA-256 and nothing else; raises KeyError for another."""
        return self._digests.setdefault(value["sha256"], value)

    def flat(self, value: dict[str, str]) -> dict[str, str]:
        """An object of strings; raises TypeError for another, as 1 and true would pass for equal."""
        if not all(isinstance(text, str) for text in value.values()):
            raise TypeError(f"not an object of strings: {value!r}")
        return self._flat.setdefault(tuple(value.items()), value)

    def artifacts(self, artifacts: Mapping[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        """What one side of a link lists: path -> digest set."""
        return {self.text(path): self.digest(value) for path, value in artifacts.items()}

    def descriptor(self, value: dict[str, Any]) -> dict[str, Any]:
        """A resource descriptor: a name, a digest set with one SHA-256, and perhaps annotations, all strings."""
        name, digest = self.text(value["name"]), self.digest(value["digest"])
        annotations = self.flat(value.get("annotations", {}))
        # Both are kept for good, so that their identities tell them apart.
        known = self._descriptors.get(key := (name, id(digest), id(annotations)))
        if known is not None and known.keys() == value.keys() <= {"name", "digest", "annotations"}:
            return known
        shared = {**value, "name": name, "digest": digest, **({"annotations": annotations} if annotations else {})}
        return self._descriptors.setdefault(key, shared) if known is None else shared

    def provenance(self, statement: dict[str, Any]) -> None:
        """Share the parts of a provenance statement of ours, in place; raises KeyError or TypeError for another."""
        definition = statement["predicate"]["buildDefinition"]
        definition["resolvedDependencies"] = [self.descriptor(each) for each in definition["resolvedDependencies"]]
        parameters = definition["internalParameters"]
        for name in _FLAT & parameters.keys():  # what early versions of the format did not say is not there
            parameters[name] = self.flat(parameters[name])
        parameters["command"] = [self.text(word) for word in parameters["command"]]
        statement["subject"] = [self.descriptor(each) for each in statement["subject"]]
