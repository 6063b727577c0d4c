"""What a command ends with: 0 it holds or is done, 1 it does not hold, 2 a wrong call."""

from __future__ import annotations

import argparse
import functools
from collections.abc import Callable

from pedigree.cli.telling import tell_error

EXIT_HOLDS = 0
EXIT_DOES_NOT_HOLD = 1
PUT_BACK = "what is filed is not in order: put it back as version control has it, then again"
Run = Callable[[argparse.Namespace], int]


def answering(hint: str) -> Callable[[Run], Run]:
    """A command that ends with 1, and says why and what to do, when evidence cannot be believed.

    Args:
        hint: What to do where a refusal says nothing of that itself.
    """

    def decorated(run: Run) -> Run:
        @functools.wraps(run)
        def answered(call: argparse.Namespace) -> int:
            from pedigree.trust.errors import MalformedEvidence, Refused

            try:
                return run(call)
            except Refused as problem:
                tell_error(problem, problem.hint or hint)
            except MalformedEvidence as problem:
                tell_error(problem, hint)
            return EXIT_DOES_NOT_HOLD

        return answered

    return decorated
