"""`python -m pedigree.trust.admit DIR`: which results have a signed record of the run that made them.

The directory holds `records/<step>.json`, the public keys `signer.pub` and perhaps `builders/*.pub`, perhaps
`attestations/`, whose trust root says which of those are builders, and perhaps `runs/<step>/<key>.json` that a shared
cache gave. What this machine signed lies in `.cache/runs/`.
Prints `{"builders": {step: builder}, "refused": [step]}`; exits 3 when a step is refused.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from pedigree.step.canonical import canonical_json, read_json
from pedigree.step.errors import ToolError
from pedigree.step.record import Record
from pedigree.trust.attest import run_file
from pedigree.trust.builders import believed_in, speaks_for
from pedigree.trust.envelope import open_bundle
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.provenance import provenance
from pedigree.trust.public import PublicKey

EXIT_REFUSED = 3


def admit(directory: Path) -> tuple[dict[str, str], list[str]]:
    """Step -> builder of every result that somebody who is believed says to have made, and the other steps.

    Raises:
        ToolError: A key cannot be read, or the attestations are not in order.
    """
    found = believed_in(directory)
    for line in found.passed_over:
        print(line, file=sys.stderr)
    builders: dict[str, str] = {}
    refused: list[str] = []
    for path in sorted((directory / "records").glob("*.json")):
        record = Record.from_json(read_json(path))
        said = (builder for run in _runs(directory, record) for builder in speakers(run, record, found.keys))
        builder = next(said, None)
        if builder is None:
            refused.append(record.name)
        else:
            builders[record.name] = builder
    return builders, refused


def _runs(directory: Path, record: Record) -> Iterator[bytes]:
    """What may be the signed record of this run: this machine's own first, for that cannot be stale."""
    for path in (run_file(directory, record), *sorted((directory / "runs" / record.name).glob("*.json"))):
        if path.exists():
            yield path.read_bytes()


def speakers(run: bytes, record: Record, keys: Mapping[PublicKey, str]) -> Iterator[str]:
    """Builders that a signed document proves to have run a step with just this result.

    Args:
        run: The document, from anywhere.
        record: What the engine knows of the step; its builder is this machine's guess unless workers ran it.
        keys: Key -> the builder that it may speak for.
    """
    for key, speaker in keys.items():
        builder = speaks_for(record, speaker)
        try:
            statement = open_bundle(run, key, record.name)
        except (Refused, MalformedEvidence):
            continue
        if statement == provenance(replace(record, builder=builder)):
            yield builder


def main(arguments: list[str]) -> int:
    """Answer for the directory named by the command line; 0 all are admitted, 1 an error that was told, 3 some not."""
    try:
        builders, refused = admit(Path(arguments[0] if arguments else "."))
    except ToolError as error:
        print(error, file=sys.stderr)
        return 1
    sys.stdout.write(canonical_json({"builders": builders, "refused": refused}).decode())
    return EXIT_REFUSED if refused else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
