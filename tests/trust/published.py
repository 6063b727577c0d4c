"""Releases that are sealed under what an office put in force."""

from __future__ import annotations

from pathlib import Path

from pedigree.trust.seal import seal
from trust.builder import base_files, closure_of_demo, deliver, lay_out
from trust.office import Office

BASE = base_files(next(record for record in closure_of_demo()[0] if record.kind == "base_model"))


def put_in_force(office: Office) -> None:
    """The root, an approved base model, and a snapshot of that."""
    root = office.publish_root(office.root(), "Olga")
    office.approve(office.propose("models/base:tiny", BASE), "Quentin", "Lea")
    office.publish_snapshot(root)


def sealed_in(office: Office, directory: Path, sealer: str) -> Path:
    """A release that somebody sealed under what the office put in force."""
    if not office.files:
        put_in_force(office)
    uri = office.uri(sealer)
    seal(lay_out(directory, uri, *closure_of_demo(), office.files), uri)
    return deliver(directory)
