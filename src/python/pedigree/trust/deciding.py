"""Signing decisions: approvals and revocations, each read back as its verifiers will read it."""

from __future__ import annotations

from collections.abc import Mapping

from pedigree.step.canonical import MalformedJson, parse_json
from pedigree.step.digests import sha256_bytes
from pedigree.trust.decisions import Approval, Revocation, open_approval, open_revocation
from pedigree.trust.entry import Entry
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.register import Register, approval_path, entry_place, revocation_path
from pedigree.trust.signatory import Decider


def sign_approval(register: Register, entry: Entry, who: Decider, time: str, meaning: str) -> tuple[str, bytes]:
    """Somebody's approval of an entry: where it is filed, and the file.

    Raises:
        MalformedEvidence: What he states is no time, or no meaning; or the scan's report is none.
        Refused: The scan refused the model, or the model is revoked.
    """
    require_scanned(register.files, entry)
    if withdrawn := register.withdrawn(entry):
        raise Refused(f"'{entry.name}' is {withdrawn[0].words}")
    approval = Approval(entry.files, entry.sha256, who.manifests(time, meaning), who.keyid)
    path = approval_path(entry, who.role, who.keyid)
    data = who.decide(approval.to_json())
    open_approval(data, register.root, path, register.files)
    return path, data


def sign_revocation(
    register: Register, kind: str, subjects: Mapping[str, str], reason: str, who: Decider, time: str, meaning: str
) -> tuple[str, bytes]:
    """Somebody's revocation: where it is filed, and the file.

    Raises:
        MalformedEvidence: What he states is no time, or no meaning.
        Refused: He revoked it before.
    """
    path = revocation_path(kind, min(subjects.values()), who.keyid)
    if path in register.files:
        raise Refused(f"{path} is there already: '{who.name}' revoked this before")
    revocation = Revocation(kind, subjects, reason, who.manifests(time, meaning), who.keyid)
    data = who.decide(revocation.to_json())
    open_revocation(data, register.root, path, register.files)
    return path, data


def require_scanned(files: Mapping[str, bytes], entry: Entry) -> None:
    """The report beside an entry says what the entry says that it does, and does not refuse the model.

    Raises:
        MalformedEvidence: The report is none.
        Refused: It says otherwise.
    """
    place = entry_place(entry)
    beside = {sha256_bytes(data): data for path, data in files.items() if path.startswith(f"{place}/")}
    if entry.scan not in beside:
        raise Refused(f"the report of the scan of '{entry.name}' does not lie in {place}")
    try:
        document = parse_json(beside[entry.scan], f"the scan of {place}")
        verdict = document["verdict"]
    except (MalformedJson, KeyError, TypeError) as error:
        raise MalformedEvidence(f"the report of the scan in {place} is none: {error}") from error
    if verdict != entry.verdict:
        raise Refused(f"the scan of '{entry.name}' says {verdict!r}, but its entry in {place} says {entry.verdict!r}")
