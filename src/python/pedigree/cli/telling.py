"""What a command says on stderr when it does not do what was asked for."""

from __future__ import annotations

import sys


def tell_error(what: object, hint: str) -> None:
    """Say what is wrong and what to do about it.

    Both may hold names that whoever made a release chose: none of them steers a terminal or looks like a line of ours.

    Args:
        what: In words; an exception stands for its message.
        hint: What to do.
    """
    # Only who is told of an error waits for this import.
    from pedigree.trust.tree import printable_lines

    print(f"error: {printable_lines(str(what))}\nhint: {printable_lines(hint)}", file=sys.stderr)
