"""`python -m pedigree.trust.revoked DIR`: what a repository knows to be revoked, for a build to hold it against steps.

The directory holds `attestations/`. The answer is one canonical JSON object: sha256 of what is revoked -> who revoked
it, when and why, in words.
"""

from __future__ import annotations

import sys
from pathlib import Path

from pedigree.step.canonical import canonical_json
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.local import local_authority


def revoked(directory: Path) -> dict[str, str]:
    """Digest -> words, of everything that is revoked by a directory of attestations.

    Raises:
        MalformedEvidence: As `local_authority`.
        Refused: As `local_authority`.
    """
    authority = local_authority(directory)
    revocations = () if authority is None else authority.revocations
    return {digest: item.words for item in reversed(revocations) for digest in item.subjects.values()}


def main(arguments: list[str]) -> int:
    """Answer for a directory; 0 it is told, 1 an error that was told, 2 a wrong call."""
    if len(arguments) != 1:
        print("usage: python -m pedigree.trust.revoked DIR", file=sys.stderr)
        return 2
    try:
        found = revoked(Path(arguments[0]) / "attestations")
    except (Refused, MalformedEvidence) as problem:
        print(f"error: {problem}\nhint: docs/registry.md says what belongs into attestations/", file=sys.stderr)
        return 1
    sys.stdout.buffer.write(canonical_json(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
