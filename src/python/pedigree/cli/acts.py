"""What people do to the attestations: signed, told, and filed. Every command that signs ends here."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from pedigree.log.append import LOG_VARIABLE, NO_LOG, chosen_log, record_event
from pedigree.log.entry import Event
from pedigree.trust.attestations import write_attestation
from pedigree.trust.decided import NO_FILES
from pedigree.trust.filed_seen import compare_filed, remember_filed
from pedigree.trust.remembered import default_memory
from pedigree.trust.signatory import Decider, OpenedSigner, Signatory
from pedigree.trust.taken_back import Signing


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


def require_not_put_back(call: argparse.Namespace, place: str, files: Mapping[str, bytes] = NO_FILES) -> None:
    """Refuse to sign on a directory that goes back behind what was seen, before a key is opened for it.

    Args:
        call: Names the directory and the memory.
        place: Where that is filed which is to be signed.
        files: Path relative to the directory -> content of that, where it is known already.

    Raises:
        MalformedEvidence: A file of it is not what its place says.
        Refused: It does, or a signature in it does not count.
        ToolError: The memory cannot be used.
    """
    remember_filed(_memory(call), call.attestations, Signing(place, files))


def file_act(
    act: Act, call: argparse.Namespace, path: str, data: bytes, beside: Mapping[str, bytes] = NO_FILES
) -> None:
    """Write the act into the audit log, unless that is switched off, file what was signed, and print where.

    This is the one place that every signature of a person passes before it is in force. What it did is remembered, so
    that nobody signs again what went before; where it would go back behind that itself, nothing is written.

    Args:
        act: What was done.
        call: Names the directory and the memory.
        path: Where the signed file goes, relative to the directory.
        data: The signed file.
        beside: Path -> content of what goes with it, which is written first: without the signed file it does not count.

    Raises:
        MalformedEvidence: As `require_not_put_back`.
        Refused: As `require_not_put_back`.
        ToolError: It cannot be written, or not into the log; then it is not filed.
    """
    signing = Signing(path.partition("/")[0], {**beside, path: data})
    compare_filed(_memory(call), call.attestations, signing)
    record_act(act)
    for each, content in signing.files.items():
        write_attestation(call.attestations, each, content)
    print(f"signed by {act.who.name} ({act.who.role}, {act.time}): {act.meaning}", file=sys.stderr)
    print(call.attestations / path)
    remember_filed(_memory(call), call.attestations, signing)


def _memory(call: argparse.Namespace) -> Path:
    return call.memory or default_memory()


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
