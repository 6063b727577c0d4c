"""What people do to the attestations: signed, told, and filed. Every command that signs ends here."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from pedigree.log.append import LOG_VARIABLE, NO_LOG, chosen_log, record_event
from pedigree.log.entry import Event
from pedigree.trust.attestations import write_attestation
from pedigree.trust.filed_seen import remember_filed
from pedigree.trust.remembered import default_memory
from pedigree.trust.signatory import Decider, OpenedSigner, Signatory


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
    who: Decider


def require_not_put_back(call: argparse.Namespace) -> None:
    """Refuse to sign on a directory that goes back behind what was seen, before a key is opened for it.

    Raises:
        MalformedEvidence: A file of it is not what its place says.
        Refused: It does, or a signature in it does not count.
        ToolError: The memory cannot be used.
    """
    remember_filed(call.memory or default_memory(), call.attestations)


def file_act(act: Act, call: argparse.Namespace, path: str, data: bytes) -> None:
    """Write the act into the audit log, unless that is switched off, file what was signed, and print where.

    This is the one place that every signature of a person passes before it is in force. What it did is remembered, so
    that nobody signs again what went before.

    Raises:
        ToolError: It cannot be written, or not into the log; then it is not filed.
    """
    record_act(act)
    write_attestation(call.attestations, path, data)
    print(f"signed by {act.who.name} ({act.who.role}, {act.time}): {act.meaning}", file=sys.stderr)
    print(call.attestations / path)
    require_not_put_back(call)


def record_act(act: Act) -> None:
    """Write an act into the audit log, with what was signed before it is enough to be filed, and say into which.

    The log has a clock of its own: somebody may state yesterday's time, and the log goes forward.

    Raises:
        ToolError: It cannot be written into the log.
    """
    who = act.who
    if not isinstance(who, Signatory):
        # Heads of the audit log are signed by keys; whoever has none is in the log that his bundle proves.
        print("in the transparency log of the Sigstore instance, as the file proves; in no audit log", file=sys.stderr)
        return
    details = {"role": who.role, "stated": act.time}
    event = Event(who.name, act.action, act.subject, act.sha256, act.meaning, details)
    entry = record_event(event, OpenedSigner(who.uri, who.signer, who.public))
    if entry is None:
        print(f"in no log: {LOG_VARIABLE} is '{NO_LOG}', and nobody can tell later that this was done", file=sys.stderr)
    else:
        print(f"entry {entry.number} of the log {shown_log(chosen_log())}", file=sys.stderr)


def tell(*steps: str) -> None:
    """Say what to do next."""
    for step in steps:
        print(f"next: {step}", file=sys.stderr)


def shown_log(url: str) -> str:
    """A log's URL as it may be shown: an account with its password, and options, which may hold one, are left out."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return url
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
