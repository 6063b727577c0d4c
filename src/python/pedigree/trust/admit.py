"""`python -m pedigree.trust.admit DIR`: which results have a signed record of the run that made them.

The directory holds `records/<step>.json`, the public keys `signer.pub` and perhaps `builders/*.pub`, perhaps
`attestations/`, whose trust root says which of those are builders, and perhaps `runs/<step>/<key>.json` that a shared
cache gave. What this machine signed lies in `.cache/runs/`.
Prints `{"builders": {step: builder}, "vouched": {step: fingerprint}, "refused": [step]}`: the second has the steps that
a listed builder's key vouches for. Exits 3 when a step is refused.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pedigree.step.canonical import canonical_json, read_json
from pedigree.step.errors import ToolError
from pedigree.step.record import WORKSTATION, Record
from pedigree.trust.attest import run_file
from pedigree.trust.builders import believed_in, speaks_for
from pedigree.trust.envelope import open_bundle
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.provenance import provenance
from pedigree.trust.public import PublicKey

EXIT_REFUSED = 3


@dataclass(frozen=True)
class Word:
    """Whose word stands behind a result.

    Attributes:
        builder: Who ran the step.
        vouched: Fingerprint of the listed builder's key that says so; empty for one's own.
    """

    builder: str
    vouched: str


def admit(directory: Path) -> tuple[dict[str, Word], list[str]]:
    """Step -> whose word it is, of every result that somebody who is believed says to have made; and the other steps.

    Raises:
        ToolError: A key cannot be read, or the attestations are not in order.
    """
    found = believed_in(directory)
    for line in found.passed_over:
        print(line, file=sys.stderr)
    words: dict[str, Word] = {}
    refused: list[str] = []
    for path in sorted((directory / "records").glob("*.json")):
        record = Record.from_json(read_json(path))
        said = (word for run in _runs(directory, record) for word in speakers(run, record, found.keys))
        word = next(said, None)
        if word is None:
            refused.append(record.name)
        else:
            words[record.name] = word
    return words, refused


def _runs(directory: Path, record: Record) -> Iterator[bytes]:
    """What may be the signed record of this run: this machine's own first, for that cannot be stale."""
    for path in (run_file(directory, record), *sorted((directory / "runs" / record.name).glob("*.json"))):
        if path.exists():
            yield path.read_bytes()


def speakers(run: bytes, record: Record, keys: Mapping[PublicKey, str]) -> Iterator[Word]:
    """Whose word a signed document is that a step was run with just this result.

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
            yield Word(builder, "" if speaker == WORKSTATION else key.fingerprint)


def main(arguments: list[str]) -> int:
    """Answer for the directory named by the command line; 0 all are admitted, 1 an error that was told, 3 some not."""
    try:
        words, refused = admit(Path(arguments[0] if arguments else "."))
    except ToolError as error:
        print(error, file=sys.stderr)
        return 1
    answer = {
        "builders": {step: word.builder for step, word in words.items()},
        "vouched": {step: word.vouched for step, word in words.items() if word.vouched},
        "refused": refused,
    }
    sys.stdout.write(canonical_json(answer).decode())
    return EXIT_REFUSED if refused else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
