"""The attestations of this repository: they hold, and they approve what its base model pins."""

from __future__ import annotations

import ast
from pathlib import Path

from pedigree.cli.base_derived import require_derived
from pedigree.trust.attestations import read_attestations
from pedigree.trust.authority import load_authority
from pedigree.trust.root import first_root

ROOT = Path(__file__).parents[2]
BASE = "models/base/firmware-2m"


def pinned() -> dict[str, str]:
    """The digests in the BUILD file of the base model."""
    for node in ast.walk(ast.parse((ROOT / BASE / "BUILD").read_text())):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "base_model":
            (digests,) = (item.value for item in node.keywords if item.arg == "digests")
            return dict(ast.literal_eval(digests))
    raise AssertionError("there is no base_model")


def test_the_base_model_is_approved_as_it_is_pinned_and_all_of_it_says_that_this_is_a_demonstration() -> None:
    files = read_attestations(ROOT / "attestations")
    authority = load_authority(files, first_root(files["root/1.json"], "root/1.json"))
    approved = authority.approved(BASE, pinned())
    assert all("Demonstration" in holder.name for holder in authority.root.holders.values())
    assert all("no person reviewed" in item.signature.meaning for item in approved.approvals)
    assert "private halves were not kept" in authority.root.note == approved.entry.note


def test_what_its_entries_say_follows_from_their_licenses_and_scans() -> None:
    files = read_attestations(ROOT / "attestations")
    authority = load_authority(files, first_root(files["root/1.json"], "root/1.json"))
    assert authority.registered
    for item in authority.registered:
        require_derived(item.entry, files)
