"""What a command ends with: 0 it holds or is done, 1 it does not hold, 2 a wrong call."""

from __future__ import annotations

import argparse
import functools
import sys
from collections.abc import Callable

EXIT_HOLDS = 0
EXIT_DOES_NOT_HOLD = 1
Run = Callable[[argparse.Namespace], int]


def answering(run: Run) -> Run:
    """A command that ends with 1, and says why, when evidence cannot be believed."""

    @functools.wraps(run)
    def answered(call: argparse.Namespace) -> int:
        from pedigree.trust.errors import MalformedEvidence, Refused

        try:
            return run(call)
        except (Refused, MalformedEvidence) as problem:
            print(f"error: {problem}", file=sys.stderr)
            return EXIT_DOES_NOT_HOLD

    return answered
