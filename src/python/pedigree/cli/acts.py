"""What people do to the attestations: signed, told, and filed. Every command that signs ends here."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pedigree.trust.attestations import write_attestation

if TYPE_CHECKING:
    from pedigree.trust.signatory import Signatory


@dataclass(frozen=True)
class Act:
    """Something that somebody did.

    Attributes:
        action: `noun.verb`, for instance `base.approve`.
        subject: Name of what it was done to.
        sha256: Digest of what it was done to.
        meaning: What the signature means.
        time: When, as the signer states it.
        who: Who signed.
    """

    action: str
    subject: str
    sha256: str
    meaning: str
    time: str
    who: Signatory


def file_act(act: Act, directory: Path, path: str, data: bytes) -> None:
    """File what was signed, and print where.

    This is the one place that every signature of a person passes before it is in force.

    Raises:
        ToolError: It cannot be written.
    """
    write_attestation(directory, path, data)
    print(f"signed by {act.who.name} ({act.who.role}, {act.time}): {act.meaning}", file=sys.stderr)
    print(directory / path)


def tell(*steps: str) -> None:
    """Say what to do next."""
    for step in steps:
        print(f"next: {step}", file=sys.stderr)
