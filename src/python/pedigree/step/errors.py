"""What a tool raises when its user has to mend something."""

from __future__ import annotations


class ToolError(Exception):
    """A step cannot be done, and its user can mend the cause.

    Attributes:
        what: What happened and where, in one line or a headline with indented lines below it.
        hint: How to mend it.
    """

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint

    def __str__(self) -> str:
        return f"error: {self.what}\nhint: {self.hint}"


class GateFailed(ToolError):
    """A gate is not met. The tool has written its report before it raises this."""
