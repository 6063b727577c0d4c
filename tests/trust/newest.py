"""A release that has everything that the newest version of the format can hold, as small as can be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pedigree.step.digests import sha256_bytes
from pedigree.trust.entry import License
from pedigree.trust.published import PublishedBy
from pedigree.trust.seal import seal
from trust.builder import closure_of_demo, deliver, lay_out
from trust.office import Office
from trust.plans import demo_plan, sign_plan
from trust.published import BASE

TERMS = License("MPL-2.0", "conditional", ("hand on the license text", "offer the source of changes"), "LEGAL-2026-7")
SIGNATURE, ANCHORS = b"a bundle, which verifiers do not read\n", b"a key, which verifiers do not read\n"
PUBLISHER = PublishedBy("key", f"sha256:{'7' * 64}", "", sha256_bytes(ANCHORS), "")
VOUCHED = "datasets.demo.sft"


def seal_newest(directory: Path) -> Path:
    """Seal it: two trust roots, a retired builder and one who vouches, a plan, terms, a publisher, a revocation."""
    office = Office(directory)
    first = office.publish_root(office.root(), "Olga")
    _approve(office)
    sign_plan(office, demo_plan(), first, "Olga")
    office.revoke("Quentin", "dataset", {"datasets/of/others": "9f" * 32}, "it holds names of patients")
    office.people["Bruno"] = "builder"
    second = office.publish_root(office.retired(office.root(2, first.digest), "Bea"), "Olga")
    office.publish_snapshot(second)
    records, files = closure_of_demo()
    key = office.key("Bruno").fingerprint
    vouched = [replace(record, builder="ci", vouched=key) if record.name == VOUCHED else record for record in records]
    uri = office.uri("Ray")
    seal(lay_out(directory / "work", uri, vouched, files, office.files), uri)
    return deliver(directory / "work")


def _approve(office: Office) -> None:
    entry = office.propose(
        "models/base:tiny",
        BASE,
        license=TERMS,
        publisher="Example Lab",
        source="https://example.org/models/tiny?revision=1",
        publisher_signature=sha256_bytes(SIGNATURE),
        published_by=PUBLISHER,
    )
    place = f"approvals/{entry.uid[:16]}"
    office.files.update({f"{place}/model.sig": SIGNATURE, f"{place}/publisher.pub": ANCHORS})
    office.approve(entry, "Quentin", "Lea")
