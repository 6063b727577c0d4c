"""How a verdict is printed: numbered lines for people, JSON for programs."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pedigree.trust.verdict import Verdict

BY_ITSELF = (
    "Not checked without a trust root (--root): who may seal releases, whether base models are "
    "approved, whether anything is revoked, and whether the release is inside a plan.\n"
)


def written(verdict: Verdict, form: str, explain: bool, of: str) -> str:
    """A verdict as it is printed.

    Args:
        verdict: The verdict.
        form: `text` or `json`.
        explain: Whether to say of each check what it proves, and how to repeat it.
        of: What was verified: `release` or `log`.
    """
    return _json(verdict, explain) if form == "json" else _text(verdict, explain, of)


def _text(verdict: Verdict, explain: bool, of: str) -> str:
    lines = []
    for check in verdict.checks:
        lines.append(f"({check.number}) {'holds' if check.holds else 'DOES NOT HOLD'}: {check.claim}")
        lines += [f"      {line}" for line in _printable(check.detail)]
        lines += [f"      hint: {check.hint}"] if check.hint else []
        if explain:
            lines += [f"      | {line}" for line in check.explanation.splitlines()]
    failed = sum(not check.holds for check in verdict.checks)
    closing = f"{failed} of {len(verdict.checks)} checks do not hold: do not use it." if failed else f"The {of} holds."
    return "\n".join([*lines, closing, ""])


def _printable(detail: str) -> list[str]:
    """Lines that name files of a release as they may stand on a terminal: whoever made it chose the names."""
    from pedigree.trust.tree import printable

    return [printable(line) for line in detail.split("\n")]


def _json(verdict: Verdict, explain: bool) -> str:
    checks = [asdict(check) for check in verdict.checks]
    for check in checks:
        if not explain:
            del check["explanation"]
        if not check["hint"]:
            del check["hint"]
    return json.dumps({"holds": verdict.holds, "checks": checks}, sort_keys=True) + "\n"
