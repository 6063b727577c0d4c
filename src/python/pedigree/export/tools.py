"""The tools of a release and what they ran with, each once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pedigree.export.evidence import Evidence
from pedigree.export.identifiers import package_url
from pedigree.export.steps import Tool


@dataclass(frozen=True)
class Package:
    """A third-party package by name and version."""

    name: str
    version: str


@dataclass(frozen=True)
class Lock:
    """A set of third-party packages, pinned by hash.

    Attributes:
        path: The lock file in the repository.
        sha256: Its digest.
        packages: Package URL -> what it pins, sorted.
    """

    path: str
    sha256: str
    packages: Mapping[str, Package]


def tool_ref(tool: Tool) -> str:
    """What tells a tool from every other in one release: its module and the packages that it ran with."""
    return f"{tool.module}/{tool.resolve}"


def tools(evidence: Evidence) -> Mapping[str, Tool]:
    """Reference -> tool, sorted."""
    return dict(sorted({tool_ref(step.tool): step.tool for step in evidence.steps}.items()))


def locks(evidence: Evidence) -> Mapping[str, Lock]:
    """Path of the lock file -> lock, sorted."""
    found: dict[str, Lock] = {}
    for step in evidence.steps:
        tool = step.tool
        if tool.lock not in found:
            pinned = {package_url(name, version): Package(name, version) for name, version in tool.packages.items()}
            found[tool.lock] = Lock(tool.lock, tool.lock_sha256, dict(sorted(pinned.items())))
    return dict(sorted(found.items()))


def packages(evidence: Evidence) -> Mapping[str, Package]:
    """Package URL -> package, of all locks, sorted."""
    found = {url: package for lock in locks(evidence).values() for url, package in lock.packages.items()}
    return dict(sorted(found.items()))


def interpreters(evidence: Evidence) -> list[str]:
    """Digests of the interpreters that steps ran with, sorted."""
    return sorted({step.tool.interpreter_sha256 for step in evidence.steps})
