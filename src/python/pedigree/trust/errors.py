"""What a verifier raises when evidence cannot be believed."""

from __future__ import annotations

PUBLISHED_NOW = "give what is published now by --attestations DIR: a release cannot know what came after it"
"""What to do where something older is brought than what is known, or than may be believed."""


class MalformedEvidence(ValueError):
    """A file that must be evidence is not: not strict JSON, of the wrong shape, or not written canonically."""


class Refused(ValueError):
    """Well-formed evidence does not show what it must show.

    Attributes:
        hint: What whoever reads this can do about it; empty where that depends on what he wanted.
    """

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.hint = hint
