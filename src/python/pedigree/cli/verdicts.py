"""How a verdict is printed: numbered lines for people, JSON for programs."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pedigree.trust.verify import Verdict


def written(verdict: Verdict, form: str, holds: str, advice: str) -> str:
    """A verdict as text.

    Args:
        verdict: The verdict.
        form: `text` or `json`.
        holds: The last line of a text when all holds.
        advice: What to do when it does not, without a full stop.
    """
    if form == "json":
        document = {"holds": verdict.holds, "checks": [asdict(check) for check in verdict.checks]}
        return json.dumps(document, sort_keys=True) + "\n"
    lines = [
        f"({check.number}) {'holds' if check.holds else 'DOES NOT HOLD'}: {check.claim}\n      {check.detail}"
        for check in verdict.checks
    ]
    failed = sum(not check.holds for check in verdict.checks)
    closing = f"{failed} of {len(lines)} checks do not hold: {advice}." if failed else holds
    return "\n".join([*lines, closing, ""])
