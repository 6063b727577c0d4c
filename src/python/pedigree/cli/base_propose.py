"""`pedigree base propose`: look at a model, and write down what was found, for people to approve."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

from pedigree.cli.acts import tell
from pedigree.cli.answer import EXIT_HOLDS
from pedigree.cli.base_derived import require_derived
from pedigree.cli.base_look import Model, look
from pedigree.cli.base_publisher import verified_publisher
from pedigree.registry.licenses import BESPOKE, DISQUALIFIED, PERMISSIVE, review_license
from pedigree.registry.parts import part_of
from pedigree.registry.scan.findings import REFUSE
from pedigree.registry.scan.report import ScanReport
from pedigree.step.digests import sha256_bytes
from pedigree.step.errors import ToolError
from pedigree.trust.attestations import read_attestations, write_attestation
from pedigree.trust.entry import Entry, License, parse_entry
from pedigree.trust.errors import Refused
from pedigree.trust.places import BUNDLE, ENTRY
from pedigree.trust.published import PublishedBy
from pedigree.trust.reading import read_named
from pedigree.trust.register import PUBLISHER_SIGNATURE, entry_place

SCAN, CARD, ADDENDUM = "scan.json", "card.md", "addendum.md"


def run_propose(call: argparse.Namespace) -> int:
    """Scan, review and write an entry; print its uid.

    Raises:
        ToolError: A file cannot be read, or the license needs a legal review.
        Refused: The scan or the license refuses the model, or its publisher's signature is not over these files.
    """
    model = look(call.directory, call.files, call.weights_manifest, call.against)
    _require_accepted(call.name, model.report)
    signature, by = verified_publisher(call, model.files)
    beside = {SCAN: model.report.render(), CARD: _text(call.card), ADDENDUM: _text(call.addendum), **signature}
    entry = _entry(call, model, {name: sha256_bytes(data) for name, data in beside.items()}, by)
    parse_entry(entry.to_bytes(), "the entry")
    require_derived(entry, beside)
    _file(call.attestations, entry, {**beside, ENTRY: entry.to_bytes()})
    print(f"sha256:{entry.uid}")
    print(
        f"proposed '{entry.name}': the scan says {entry.verdict!r}, its license is {entry.license.family}",
        file=sys.stderr,
    )
    tell(f"have it approved: `pedigree base approve {entry.uid[:16]} --meaning ...`")
    return EXIT_HOLDS


def _require_accepted(name: str, report: ScanReport) -> None:
    if report.verdict == REFUSE:
        faults = [f"  {finding}" for check in report.checks for finding in check.findings if finding.verdict == REFUSE]
        raise Refused("\n".join([f"the scan refuses '{name}'", *faults]))


def _terms(call: argparse.Namespace) -> License:
    try:
        review = review_license(call.license)
    except ValueError as error:
        raise ToolError(str(error), "write it as SPDX does, for instance Apache-2.0") from error
    if review.family == DISQUALIFIED:
        raise Refused(f"the license {call.license} disqualifies '{call.name}': it forbids what we do with models")
    if review.family != PERMISSIVE and not call.legal_approval:
        what = f"the license {call.license} is {review.family}, and no review of it is named"
        raise ToolError(what, "have it reviewed, and say where that is filed: --legal-approval REF")
    if review.family == BESPOKE and not call.obligation:
        what = f"the license {call.license} is bespoke: nobody here knows what it asks of whoever hands the model on"
        raise ToolError(what, "list what its legal review found: --obligation TEXT, as often as needed")
    obligations = tuple(sorted({*review.obligations, *call.obligation}))
    return License(call.license, review.family, obligations, call.legal_approval or "")


def _entry(call: argparse.Namespace, model: Model, digests: Mapping[str, str], by: PublishedBy | None) -> Entry:
    return Entry(
        name=call.name,
        files=model.consumed,
        parts={name: part_of(name) for name in model.consumed},
        license=_terms(call),
        publisher=call.publisher,
        source=call.source,
        scan=digests[SCAN],
        verdict=model.report.verdict,
        card=digests[CARD],
        addendum=digests[ADDENDUM],
        tier=call.tier,
        serving=tuple(call.serving),
        publisher_signature=digests.get(PUBLISHER_SIGNATURE, ""),
        note=call.note or "",
        published_by=by,
    )


def _file(attestations: Path, entry: Entry, files: Mapping[str, bytes]) -> None:
    """Write an entry and its evidence, unless somebody has approved another entry of these files.

    Raises:
        Refused: Somebody has.
    """
    place = entry_place(entry)
    there = read_attestations(attestations) if attestations.is_dir() else {}
    here = {path: data for path, data in there.items() if path.startswith(f"{place}/")}
    approved = [path for path in here if path.endswith(BUNDLE)]
    if approved and here.get(f"{place}/{ENTRY}") != files[ENTRY]:
        raise Refused(f"{place} holds another entry of these files, which is approved: {approved[0]}")
    for path in here:
        if path not in approved and path.rpartition("/")[2] not in files:
            (attestations / path).unlink()
    for name, data in files.items():
        write_attestation(attestations, f"{place}/{name}", data)


def _text(path: Path) -> bytes:
    """A document for people.

    Raises:
        ToolError: It cannot be read, is empty, or is not UTF-8.
    """
    data = read_named(path)
    try:
        if data.decode().strip():
            return data
    except UnicodeDecodeError as error:
        raise ToolError(f"{path} is not UTF-8: {error}", "write it as text") from error
    raise ToolError(f"{path} is empty", "say in it what the model is for, and what its limits are")
