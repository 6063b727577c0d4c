"""References between the parts of a bill of materials in CycloneDX; each is unique in one bill."""

from __future__ import annotations


def artifact_ref(step: str) -> str:
    """What a step made."""
    return f"artifact:{step}"


def task_ref(step: str) -> str:
    """What a step did."""
    return f"task:{step}"


def program_ref(tool: str) -> str:
    """A tool."""
    return f"tool:{tool}"


def lock_ref(path: str) -> str:
    """A set of packages."""
    return f"lock:{path}"


def interpreter_ref(sha256: str) -> str:
    """A Python."""
    return f"interpreter:{sha256}"
