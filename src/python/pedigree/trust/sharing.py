"""One copy of what evidence says again and again.

Ten thousand steps name the same code, packages and digests. Kept as parsed, their evidence takes a gigabyte; with equal
parts shared it takes a tenth, and a digest is checked for shape once. What is shared must not be changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import takewhile
from typing import Any

from pedigree.trust.statement import is_sha256

_TOLD = frozenset({"tool", "interpreter", "properties", "accelerator"})
_SHARED = frozenset({"packages", "environment", "platform", "properties", "accelerator"})


class Shared:
    """Gives for each value the first one that was equal to it."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._digests: dict[str, dict[str, str]] = {}
        self._flat: dict[tuple[tuple[str, str], ...], dict[str, str]] = {}
        self._rules: dict[tuple[str, ...], list[str]] = {}
        self._descriptors: dict[tuple[Any, ...], dict[str, Any]] = {}
        self._code: dict[str, list[dict[str, Any]]] = {}

    def text(self, text: str) -> str:
        """A string; raises TypeError for what is none, as 1 and true would pass for equal."""
        if type(text) is not str:
            raise TypeError(f"not a string: {text!r}")
        return self._texts.setdefault(text, text)

    def digest(self, value: dict[str, str]) -> dict[str, str]:
        """A digest set; raises ValueError unless it is one SHA-256 in lower-case hex."""
        if not isinstance(value, dict):
            raise ValueError("no digest set")
        if value.keys() != {"sha256"} or not is_sha256(value["sha256"]):
            raise ValueError("not one SHA-256 in lower-case hex")
        return self._digests.setdefault(value["sha256"], {"sha256": self.text(value["sha256"])})

    def flat(self, value: dict[str, str]) -> dict[str, str]:
        """An object of strings; raises TypeError for another."""
        known = self._flat.get(key := tuple(value.items()))
        if known == value:
            return known
        return self._flat.setdefault(key, {self.text(name): self.text(text) for name, text in value.items()})

    def artifacts(self, artifacts: Mapping[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        """What one side of a link lists: path -> digest set; raises as `digest` does, or KeyError or TypeError."""
        shared = {}
        for path, value in artifacts.items():
            known = self._digests.get(value["sha256"])
            shared[self._texts.setdefault(path, path)] = known if known == value else self.digest(value)
        return shared

    def rules(self, rules: list[list[str]]) -> list[list[str]]:
        """Rules of a layout."""
        return list(map(self._rule, rules))

    def steps(self, steps: list[dict[str, Any]]) -> None:
        """Share the parts of what a lineage says of its steps, in place; raises as `provenance` does."""
        for step in steps:
            for name in _TOLD & step.keys():
                step[name] = self.flat(step[name])
            for part in (step, step["products"]):
                for name, text in part.items():
                    if type(text) is str:
                        part[name] = self._texts.setdefault(text, text)

    def provenance(self, statement: dict[str, Any]) -> None:
        """Share the parts of a provenance statement of ours, in place, and check the digests of what it lists.

        Raises:
            KeyError, TypeError, ValueError, AttributeError: It is another, or a digest is not one.
        """
        definition = statement["predicate"]["buildDefinition"]
        parameters = definition["internalParameters"]
        listed = self._dependencies(definition["resolvedDependencies"], self.text(parameters["tool"]))
        definition["resolvedDependencies"] = listed
        for name in _SHARED & parameters.keys():  # what early versions of the format did not say is not there
            parameters[name] = self.flat(parameters[name])
        parameters["command"] = list(map(self.text, parameters["command"]))
        for subject in statement["subject"]:
            subject.update(name=self.text(subject["name"]), digest=self.digest(subject["digest"]))

    def _rule(self, rule: list[str]) -> list[str]:
        known = self._rules.get(key := tuple(rule))
        if known == rule:
            return known
        return self._rules.setdefault(key, list(map(self.text, rule)))

    def _dependencies(self, values: list[dict[str, Any]], tool: str) -> list[dict[str, Any]]:
        """What a step consumed. Steps that run the same tool begin with the same code, which is compared as one."""
        code = self._code.get(tool, [])
        if not code or values[: len(code)] != code:
            shared = list(map(self._dependency, values))
            self._code[tool] = list(takewhile(_is_code, shared))
            return shared
        return code + list(map(self._dependency, values[len(code) :]))

    def _dependency(self, value: dict[str, Any]) -> dict[str, Any]:
        annotations = value["annotations"]
        if "role" in annotations:  # an input, which one or two steps have
            for name, text in annotations.items():
                annotations[name] = self.text(text)
            value["name"] = self.text(value["name"])
            known = self._digests.get(value["digest"]["sha256"])
            value["digest"] = known if known == value["digest"] else self.digest(value["digest"])
            return value
        key = (value["name"], value["digest"]["sha256"], *annotations.items())
        known = self._descriptors.get(key)
        if known == value:
            return known
        value.update(name=self.text(value["name"]), digest=self.digest(value["digest"]))
        value["annotations"] = self.flat(annotations)
        known = self._descriptors.setdefault(key, value)
        return known if known == value else value


def _is_code(dependency: Mapping[str, Any]) -> bool:
    return bool(dependency["annotations"].get("use") == "code")
