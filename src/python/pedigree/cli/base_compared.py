"""With what a base model was compared: with an approved one, wherever there is one of its name."""

from __future__ import annotations

from collections.abc import Iterator

from pedigree.registry.scan.stated import StatedReport, read_stated
from pedigree.step.digests import sha256_bytes
from pedigree.trust.entry import Entry
from pedigree.trust.errors import Refused
from pedigree.trust.register import Register, entry_place
from pedigree.trust.registered import lacking


def require_compared(register: Register, entry: Entry, report: StatedReport) -> None:
    """Hold what the scan compared a model with against what is approved.

    Template and tokenizer of a new version are read beside those that people have approved. Compared with itself, or
    with nothing, everything would be as before.

    Args:
        register: What is approved.
        entry: The model.
        report: Its scan.

    Raises:
        Refused: It was compared with a model that is not approved, or with none though one of its name is.
    """
    approved = dict(_approved(register, entry))
    compared = report.approved
    if compared and compared not in approved:
        raise Refused(f"the scan of '{entry.name}' compares it with {compared}, which is no approved base model")
    same = [uid for uid, other in approved.items() if other.name == entry.name]
    if not compared and same:
        raise Refused(
            f"'{entry.name}' is approved as {same[0]}, and this one was not compared with it: "
            "propose it again with --against DIR, or under another name"
        )


def _approved(register: Register, entry: Entry) -> Iterator[tuple[str, Entry]]:
    """The uid that a scan gives to the files of each other model that is approved and not revoked, and its entry."""
    for item in register.registered:
        other = item.entry
        if other.uid != entry.uid and not lacking(item, register.root) and not register.withdrawn(other):
            yield _scanned(register, other).uid, other


def _scanned(register: Register, entry: Entry) -> StatedReport:
    place = f"{entry_place(entry)}/"
    # The register is read with all evidence that the entry names.
    beside = {sha256_bytes(data): data for path, data in register.files.items() if path.startswith(place)}
    try:
        return read_stated(beside[entry.scan])
    except ValueError as error:
        raise Refused(f"the report of the scan of '{entry.name}' cannot be believed: {error}") from error
