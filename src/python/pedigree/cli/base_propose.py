"""`pedigree base propose`: look at a model, and write down what was found, for people to approve."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pedigree.cli.acts import tell
from pedigree.cli.answer import EXIT_HOLDS
from pedigree.cli.base_derived import require_derived
from pedigree.cli.base_publisher import verified_publisher
from pedigree.registry.licenses import BESPOKE, DISQUALIFIED, PERMISSIVE, review_license
from pedigree.registry.parts import part_of
from pedigree.registry.scan.findings import REFUSE
from pedigree.registry.scan.report import ScanReport, scan_base, scan_beside
from pedigree.registry.scan.subject import look_at_verified
from pedigree.registry.selection import selected
from pedigree.registry.store import default_store
from pedigree.registry.verified import verified_directory
from pedigree.registry.weights_manifest import parse_weights_manifest
from pedigree.step.canonical import MalformedJson, parse_json
from pedigree.step.digests import list_files, sha256_bytes
from pedigree.step.errors import ToolError
from pedigree.trust.attestations import read_attestations, write_attestation
from pedigree.trust.entry import Entry, License, parse_entry
from pedigree.trust.errors import Refused
from pedigree.trust.places import BUNDLE, ENTRY
from pedigree.trust.published import PublishedBy
from pedigree.trust.reading import read_named
from pedigree.trust.register import PUBLISHER_SIGNATURE, entry_place

SCAN, CARD, ADDENDUM = "scan.json", "card.md", "addendum.md"
_DATASET = "pedigree.manifest/1"


@dataclass(frozen=True)
class Model:
    """What was looked at.

    Attributes:
        consumed: Name -> sha256 of what the target consumes; of a weights manifest, the files that it names.
        files: Name -> sha256 of the model's files: without what lies beside a weights manifest.
        report: What the scan found.
    """

    consumed: Mapping[str, str]
    files: Mapping[str, str]
    report: ScanReport


def run_propose(call: argparse.Namespace) -> int:
    """Scan, review and write an entry; print its uid.

    Raises:
        ToolError: A file cannot be read, or the license needs a legal review.
        Refused: The scan or the license refuses the model, or its publisher's signature is not over these files.
    """
    model = _look(call)
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


def _look(call: argparse.Namespace) -> Model:
    """Scan what a model is loaded from, and take digests of what its target consumes.

    Raises:
        Refused: The scan refuses it.
    """
    with selected(call.directory, call.files) as directory:
        if call.weights_manifest is None:
            report = _accepted(call.name, scan_base(directory, call.against))
            return Model(report.files, report.files, report)
        consumed = {name: sha256_bytes(read_named(directory / name)) for name in list_files(directory)}
        if call.weights_manifest not in consumed:
            raise ToolError(f"'{call.weights_manifest}' is not among the files", "name it among the FILEs, too")
        path = directory / call.weights_manifest
        weights = parse_weights_manifest(read_named(path), str(path))
        _refuse_strangers(directory, consumed.keys() - {call.weights_manifest})
    del consumed[call.weights_manifest]
    named = {file.name: file.sha256 for file in weights.files}
    with verified_directory(default_store(), weights) as stored:
        _let_others_follow(stored, named)
        report = scan_beside(look_at_verified(stored, named), call.against)
    return Model({**consumed, **named}, named, _accepted(call.name, replace(report, beside=consumed)))


def _refuse_strangers(directory: Path, names: Iterable[str]) -> None:
    """Files beside a weights manifest, which the scan of what it names does not see, may tell of datasets alone.

    Raises:
        Refused: One is something else.
    """
    for name in sorted(names):
        try:
            document = parse_json(read_named(directory / name).decode(), name)
        except (UnicodeDecodeError, MalformedJson):
            document = None
        if not name.endswith(".json") or not isinstance(document, dict) or document.get("schema") != _DATASET:
            raise Refused(f"{name} is beside the weights manifest, but is no manifest of a dataset: nobody scans it")


def _let_others_follow(directory: Path, names: Iterable[str]) -> None:
    """Make links to open files say whose they are, not `self`: the scan has processes of its own for some checks."""
    for name in names:
        link = directory / name
        target = str(link.readlink()).replace("/proc/self/", f"/proc/{os.getpid()}/")
        link.unlink()
        link.symlink_to(target)


def _accepted(name: str, report: ScanReport) -> ScanReport:
    if report.verdict == REFUSE:
        faults = [f"  {finding}" for check in report.checks for finding in check.findings if finding.verdict == REFUSE]
        raise Refused("\n".join([f"the scan refuses '{name}'", *faults]))
    return report


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
