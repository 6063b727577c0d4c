"""`pedigree base list|show`: what is registered, how it stands, and who signed for it."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from typing import Any

from pedigree.cli.answer import EXIT_HOLDS
from pedigree.registry.scan.stated import StatedReport
from pedigree.step.canonical import parse_json
from pedigree.step.digests import sha256_bytes
from pedigree.trust.decisions import Approval, Revocation
from pedigree.trust.entry import Entry
from pedigree.trust.listing import listed
from pedigree.trust.published import published_by
from pedigree.trust.register import Register, entry_place, open_register
from pedigree.trust.registered import Registered, lacking


def run_list(call: argparse.Namespace) -> int:
    """Print a line for each entry."""
    register = open_register(call.attestations)
    entries = [_standing(register, item) for item in register.registered]
    entries.sort(key=lambda item: (item["name"], item["uid"]))
    if call.format == "json":
        sys.stdout.write(json.dumps(entries, sort_keys=True) + "\n")
    else:
        sys.stdout.writelines(f"{item['uid'][7:23]}  {item['name']}  {item['state']}\n" for item in entries)
    return EXIT_HOLDS


def run_show(call: argparse.Namespace) -> int:
    """Print an entry and its signatures.

    Raises:
        ToolError: There is no such entry.
    """
    register = open_register(call.attestations)
    document = _document(register, register.find(call.subject))
    sys.stdout.write(json.dumps(document, sort_keys=True) + "\n" if call.format == "json" else _page(document))
    return EXIT_HOLDS


def tell_entry(register: Register, entry: Entry, report: StatedReport) -> None:
    """Tell on stderr what somebody is about to approve: the entry, and what the scan leaves to people."""
    item = register.find(f"sha256:{entry.uid}")
    print("this approves:", *_lines(_document(register, item)), sep="\n", file=sys.stderr)
    for finding in report.to_review:
        print(f"  to be looked at by people: {finding}", file=sys.stderr)


def _document(register: Register, item: Registered) -> dict[str, Any]:
    return {
        **_standing(register, item),
        "entry": parse_json(item.entry.to_bytes(), "the entry"),
        "signatures": [_signature(approval) for approval in item.approvals],
        "revocations": [{**_signature(word), "reason": word.reason} for word in register.withdrawn(item.entry)],
        **({"unchecked": list(item.unchecked)} if item.unchecked else {}),
    }


def _signature(decision: Approval | Revocation) -> dict[str, str]:
    """What a signature says of itself, and when a log saw it that of an identity."""
    return {**decision.signature.to_json(), **({"logged": decision.logged} if decision.logged else {})}


def _standing(register: Register, item: Registered) -> dict[str, Any]:
    entry = item.entry
    return {
        "uid": f"sha256:{entry.uid}",
        "name": entry.name,
        "state": _state(register, item),
        "entry_sha256": entry.sha256,
    }


def _state(register: Register, item: Registered) -> str:
    """How an entry stands, in words; "approved" alone means that releases may be made from it."""
    if withdrawn := register.withdrawn(item.entry):
        return f"revoked by {withdrawn[0].signature.name}"
    if missing := lacking(item, register.root):
        return f"proposed; lacks {' and '.join(missing)}"
    in_force, why = listed(register)
    place = f"{entry_place(item.entry)}/"
    here = {path: sha256_bytes(data) for path, data in register.files.items() if path.startswith(place)}
    if not here.items() <= in_force.items():
        return f"approved by all, but not in force: {why or 'the snapshot does not list it as it is'}"
    return "approved"


def _page(document: dict[str, Any]) -> str:
    return "\n".join([*_lines(document), ""])


def _lines(document: dict[str, Any]) -> Iterator[str]:
    entry = document["entry"]
    yield f"{document['name']}: {document['state']}"
    for label in ("uid", "publisher", "source", "tier", "verdict", "note"):
        if entry[label]:
            yield f"  {label}: {entry[label]}"
    yield f"  serving: {', '.join(entry['serving'])}"
    terms = entry["license"]
    yield f"  license: {terms['spdx']}, {terms['family']}" + (
        f", reviewed in {terms['approval']}" if terms["approval"] else ""
    )
    yield from (f"    {obligation}" for obligation in terms["obligations"])
    yield f"  signed by its publisher: {_publisher(entry)}"
    yield "  files:"
    yield from (f"    {digest}  {name} ({entry['parts'][name]})" for name, digest in sorted(entry["files"].items()))
    for signature in document["signatures"]:
        yield from _manifested("approved", signature)
    yield from (f"  not checked: {words}" for words in document.get("unchecked", ()))
    for signature in document["revocations"]:
        yield from _manifested("revoked", signature)
        yield f"    reason: {signature['reason']}"


def _publisher(entry: dict[str, Any]) -> str:
    if "published_by" in entry:
        return f"{published_by(entry['published_by']).in_words()}; verified when it was proposed"
    return "yes, verified when it was proposed" if entry["publisher_signature"] else "no"


def _manifested(act: str, signature: dict[str, str]) -> Iterator[str]:
    """Printed name, time and meaning: what 21 CFR 11.50 wants to be shown with a signature."""
    yield f"  {act} by {signature['name']} ({signature['role']})"
    yield f"    time: {signature['time']}" + (f"; in the log at {signature['logged']}" if "logged" in signature else "")
    yield f"    meaning: {signature['meaning']}"
