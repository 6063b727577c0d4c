"""`pedigree export DIR --format FORMAT`: what a verified release says, in the formats of others."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from pedigree.cli.answer import EXIT_DOES_NOT_HOLD, EXIT_HOLDS
from pedigree.cli.believed import declare_believed, key_of, require_somebody, trust_of
from pedigree.cli.telling import tell_error
from pedigree.cli.verdicts import BY_ITSELF
from pedigree.step.errors import ToolError

_FORMATS = ("cyclonedx", "spdx", "trace-csv", "trace-json", "clauses")


def declare(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.description = (
        "Verify a delivered release offline and write what it says: bill of materials (CycloneDX 1.7, SPDX 3.0.1), "
        "trace table from requirements and risks to gates, or the evidence that maps to clauses. "
        "Exits 0 when it is written, 1 when the release does not hold, 2 for a wrong call."
    )
    parser.add_argument("release", metavar="DIR", type=Path, help="the delivered directory")
    declare_believed(parser)
    parser.add_argument("--format", choices=_FORMATS, required=True, help="what to write")
    parser.add_argument("--output", metavar="FILE", type=Path, help="where to write it (default: stdout)")
    parser.set_defaults(run=run)


def run(call: argparse.Namespace) -> int:
    """Verify, export and write; nothing is written of a release that does not hold.

    Raises:
        ToolError: The directory, the key, the root or the output cannot be used.
    """
    if not call.release.is_dir():
        raise ToolError(f"{call.release} is not a directory", "name the directory that was delivered")
    if call.output and call.output.resolve().is_relative_to(call.release.resolve()):
        what = f"{call.output} lies in the release, and a file more would break it"
        raise ToolError(what, "name a file outside of the release")
    require_somebody(call)
    trust = trust_of(call)
    from pedigree.export.formats import export
    from pedigree.trust.errors import MalformedEvidence, Refused

    public = key_of(call, call.release)
    try:
        text = export(call.release, public, call.format, trust)
    except (Refused, MalformedEvidence) as problem:
        hint = problem.hint if isinstance(problem, Refused) else ""
        tell_error(problem, hint or "`pedigree verify` shows every check; do not use the release")
        return EXIT_DOES_NOT_HOLD
    _write(text, call.output)
    if trust is None:
        sys.stderr.write(BY_ITSELF)
    return EXIT_HOLDS


def _write(text: bytes, output: Path | None) -> None:
    if output is None:
        sys.stdout.buffer.write(text)
        return
    try:
        output.write_bytes(text)
    except OSError as error:
        raise ToolError(f"cannot write {output}: {error.strerror}", "name a file that can be written") from error
