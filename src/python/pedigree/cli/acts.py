"""What people do to the attestations: signed, told, and filed. Every command that signs ends here."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pedigree.log.append import record_event
from pedigree.log.entry import Event
from pedigree.trust.attestations import write_attestation
from pedigree.trust.signatory import OpenedSigner

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


def record_act(act: Act) -> None:
    """Append to the audit log, where PEDIGREE_LOG names one; its head is signed with the signer that is open already.

    Raises:
        ToolError: The log cannot be written.
    """
    event = Event(act.who.name, act.action, act.subject, act.sha256, act.meaning, {"stated": act.time})
    record_event(event, OpenedSigner(act.who.uri, act.who.signer, act.who.public))


def file_act(act: Act, directory: Path, path: str, data: bytes) -> None:
    """File what was signed, and print where.

    This is the one place that every signature of a person passes before it is in force. The log has it first, so that
    nothing is in force that the log does not know.

    Raises:
        ToolError: It, or the audit log, cannot be written.
    """
    record_act(act)
    write_attestation(directory, path, data)
    print(f"signed by {act.who.name} ({act.who.role}, {act.time}): {act.meaning}", file=sys.stderr)
    print(directory / path)


def tell(*steps: str) -> None:
    """Say what to do next."""
    for step in steps:
        print(f"next: {step}", file=sys.stderr)
