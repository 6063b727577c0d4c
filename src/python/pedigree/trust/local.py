"""What is in force in the repository that builds: it trusts the first version of its own trust root."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pedigree.trust.attestations import read_attestations
from pedigree.trust.authority import Authority, load_authority
from pedigree.trust.chain import FIRST_ROOT
from pedigree.trust.errors import Refused
from pedigree.trust.root import first_root


def local_authority(directory: Path) -> Authority | None:
    """What is in force by a directory of attestations; None where it is missing or has nothing that anybody signed.

    Raises:
        MalformedEvidence: A file is not what its place says.
        Refused: Files do not belong together, a signature does not count, or there is no first trust root beside files
            that count by it alone: without this, who removes one file would make every revocation void.
    """
    return authority_by_itself(read_attestations(directory) if directory.is_dir() else {})


def authority_by_itself(files: Mapping[str, bytes]) -> Authority | None:
    """What is in force by files that are held against nothing but the first trust root among them.

    Args:
        files: Path relative to the directory of attestations -> content.

    Raises:
        MalformedEvidence: As `local_authority`.
        Refused: As `local_authority`.
    """
    if not files:
        return None
    if FIRST_ROOT not in files:
        raise Refused(f"attestations/{FIRST_ROOT} is missing, but attestations/{min(files)} counts by it alone")
    return load_authority(files, first_root(files[FIRST_ROOT], FIRST_ROOT))
