"""What an entry says of its model, derived anew before anybody signs it: an entry is a file, and files can be edited.

Verifiers believe what the entry says, for people have signed it; so this is where it must follow from what it is about.
"""

from __future__ import annotations

from collections.abc import Mapping

from pedigree.registry.licenses import BESPOKE, DISQUALIFIED, PERMISSIVE, review_license
from pedigree.registry.parts import part_of
from pedigree.registry.scan.findings import REFUSE
from pedigree.registry.scan.stated import StatedReport, read_stated
from pedigree.step.digests import sha256_bytes
from pedigree.trust.entry import Entry, License
from pedigree.trust.errors import Refused


def require_derived(entry: Entry, files: Mapping[str, bytes]) -> StatedReport:
    """Hold an entry against its license, the names of its files and the report of its scan.

    Args:
        entry: What is to be signed.
        files: Path in the directory of attestations -> content; the report is the one of the entry's digest.

    Returns:
        The report.

    Raises:
        Refused: The entry says something else than follows from them.
    """
    require_terms(entry.name, entry.license)
    for name, part in sorted(entry.parts.items()):
        if part != part_of(name):
            raise Refused(f"the entry of '{entry.name}' says that {name} is {part!r}, but it is {part_of(name)!r}")
    return _require_report(entry, files)


def require_terms(name: str, terms: License) -> None:
    """Derive the family of a license and its obligations from its SPDX expression.

    Raises:
        Refused: The terms are of another family, ask for something else, disqualify the model, or nobody reviewed them.
    """
    try:
        review = review_license(terms.spdx)
    except ValueError as error:
        raise Refused(f"the entry of '{name}' has no license that can be read: {error}") from error
    if terms.family != review.family:
        raise Refused(
            f"the entry of '{name}' says that its license {terms.spdx} is {terms.family}, but it is {review.family}\n"
            "hint: propose the model again; nobody should have signed this"
        )
    if review.family == DISQUALIFIED:
        raise Refused(f"the license {terms.spdx} disqualifies '{name}': it forbids what we do with models")
    if forgotten := set(review.obligations) - set(terms.obligations):
        raise Refused(
            f"the entry of '{name}' leaves out what its license {terms.spdx} asks: {'; '.join(sorted(forgotten))}"
        )
    if review.family == BESPOKE and not terms.obligations:
        raise Refused(f"the entry of '{name}' does not list what its bespoke license {terms.spdx} asks")
    if review.family != PERMISSIVE and not terms.approval:
        raise Refused(f"the license {terms.spdx} is {review.family}, and the entry of '{name}' names no review of it")


def _require_report(entry: Entry, files: Mapping[str, bytes]) -> StatedReport:
    """The verdict is that of what the scan has found, and it looked at these files."""
    data = next((data for data in files.values() if sha256_bytes(data) == entry.scan), None)
    if data is None:
        raise Refused(f"the report of the scan of '{entry.name}' is not there: sha256 {entry.scan}")
    try:
        report = read_stated(data)
    except ValueError as error:
        raise Refused(f"the report of the scan of '{entry.name}' cannot be believed: {error}") from error
    if report.verdict == REFUSE:
        raise Refused(f"the scan refuses '{entry.name}'")
    if report.verdict != entry.verdict:
        raise Refused(f"the scan of '{entry.name}' says {report.verdict!r}, but its entry says {entry.verdict!r}")
    seen = {**report.files, **report.beside}
    for name in sorted(entry.files.keys() | seen.keys()):
        if entry.files.get(name) != seen.get(name):
            raise Refused(f"the scan of '{entry.name}' did not look at {name} as the entry has it")
    return report
