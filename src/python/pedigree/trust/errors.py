"""What a verifier raises when evidence cannot be believed."""

from __future__ import annotations


class MalformedEvidence(ValueError):
    """A file that must be evidence is not: not strict JSON, of the wrong shape, or not written canonically."""


class Refused(ValueError):
    """Well-formed evidence does not show what it must show."""
