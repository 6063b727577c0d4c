"""`pedigree COMMAND`: 0 holds, 1 does not hold, 2 wrong call. stdout carries data, stderr carries talk."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from pedigree.cli.telling import tell_error
from pedigree.step.errors import ToolError

EXIT_WRONG_CALL = 2
EXIT_INTERRUPTED = 130
EXIT_BROKEN_PIPE = 141

# Command -> what it is for. Its module, pedigree.cli.<command>, is imported when it is called: help must not wait.
_COMMANDS = {
    "base": "propose, scan, approve and revoke base models",
    "export": "write what a verified release says as CycloneDX, SPDX, trace table or map of clauses",
    "keys": "say who may say what: roles, keys, trust roots",
    "layout": "say what a release may be made of, and tell targets from that",
    "lineage": "show what releases were made from, and what derives from a data set, a file or a digest",
    "log": "keep and check the record of who did what, when and with which meaning",
    "models": "fetch, pin and keep weights that are too large for a repository",
    "revoke": "say that a base model, dataset, key or release must not be used",
    "snapshot": "put approvals, revocations and layouts in force",
    "verify": "check a delivered release against a public key or a trust root",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    call = _parser(given[0] if given else "").parse_args(given)
    try:
        code: int = call.run(call)
        sys.stdout.flush()
    except ToolError as error:
        tell_error(error.what, error.hint)
        return EXIT_WRONG_CALL
    except BrokenPipeError:  # whoever read stdout has left, as `head` does; Python must not find that at its end again
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_BROKEN_PIPE
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    return code


def _parser(chosen: str) -> argparse.ArgumentParser:
    """The parser of all commands, with the arguments of the chosen one."""
    parser = argparse.ArgumentParser(
        prog="pedigree", description="Check what a model was made from, and keep its weights."
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, purpose in _COMMANDS.items():
        command = commands.add_parser(name, help=purpose)
        if name == chosen:
            import_module(f"pedigree.cli.{name}").declare(command)
    return parser


if __name__ == "__main__":
    sys.exit(main())
