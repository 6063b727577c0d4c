"""`python -m pedigree.trust.attest DIR`: sign the record of a run.

The directory holds `record.json`, `signer.pub`, perhaps `builders/*.pub`, and perhaps `attestations/`, whose trust
root says which of those are builders. The signed provenance is kept in `.cache/runs/`, which outlives the process,
under the identity of the step and its result.
"""

from __future__ import annotations

import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from pedigree.step.canonical import read_json
from pedigree.step.errors import ToolError
from pedigree.step.record import WORKSTATION, Record
from pedigree.trust.builders import believed_in, speaks_for
from pedigree.trust.envelope import sign_bundle
from pedigree.trust.keys import signer_uri
from pedigree.trust.provenance import provenance
from pedigree.trust.public import read_public_key
from pedigree.trust.signers import load_signer

RUNS = ".cache/runs"


def attest(directory: Path, uri: str) -> None:
    """Sign the record in `directory` with the signer that `uri` names, and keep it.

    A step that ran here is signed as run by the builder whose key signs. One that workers ran is signed as run by their
    platform if the key is that of a builder; anybody may set up workers and call them what he likes.

    Raises:
        ToolError: The signer cannot be used, the attestations are not in order, or the record cannot be kept.
    """
    record = Record.from_json(read_json(directory / "record.json"))
    public = read_public_key(directory / "signer.pub")
    speaker = believed_in(directory).keys.get(public, WORKSTATION)
    record = replace(record, builder=speaks_for(record, speaker))
    keep(directory, record, sign_bundle(provenance(record), load_signer(uri, public), public))


def run_file(directory: Path, record: Record) -> Path:
    """Where the signed record of a run is kept."""
    return directory / RUNS / f"{record.identity}.sigstore.json"


def keep(directory: Path, record: Record, signed: bytes) -> None:
    """Keep a signed record, whole or not at all.

    Raises:
        ToolError: It cannot be written.
    """
    path = run_file(directory, record)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, unfinished = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as stream:
            stream.write(signed)
        Path(unfinished).replace(path)
    except OSError as error:
        raise ToolError(f"cannot keep the record of a run: {error.strerror}", "make room on the disk") from error


def main(arguments: list[str]) -> int:
    """Sign the record in the directory named by the command line; 0 done, 1 an error that was told."""
    try:
        attest(Path(arguments[0] if arguments else "."), signer_uri())
    except ToolError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
