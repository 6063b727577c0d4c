"""`pedigree COMMAND`: 0 holds, 1 does not hold, 2 wrong call. stdout carries data, stderr carries talk."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from pedigree.cli import models, verify
from pedigree.step.errors import ToolError

EXIT_WRONG_CALL = 2
EXIT_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; its exit code."""
    parser = argparse.ArgumentParser(
        prog="pedigree", description="Check what a model was made from, and keep its weights."
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    verify.add_parser(commands)
    models.add_parser(commands)
    call = parser.parse_args(arguments)
    try:
        code: int = call.run(call)
    except ToolError as error:
        print(error, file=sys.stderr)
        return EXIT_WRONG_CALL
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    return code


if __name__ == "__main__":
    sys.exit(main())
