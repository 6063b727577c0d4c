"""`pedigree COMMAND`: 0 holds, 1 does not hold, 2 wrong call. stdout carries data, stderr carries talk."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from pedigree.cli import verify
from pedigree.step.errors import ToolError

EXIT_WRONG_CALL = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; its exit code."""
    parser = argparse.ArgumentParser(prog="pedigree", description="Check what a model was made from.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    verify.add_parser(commands)
    call = parser.parse_args(arguments)
    try:
        code: int = call.run(call)
    except ToolError as error:
        print(error, file=sys.stderr)
        return EXIT_WRONG_CALL
    return code


if __name__ == "__main__":
    sys.exit(main())
