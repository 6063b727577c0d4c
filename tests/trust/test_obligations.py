"""What licenses ask for stands in the release, where people look for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pedigree.step.canonical import canonical_json, parse_json
from pedigree.step.digests import sha256_bytes
from pedigree.trust.entry import License, parse_entry
from pedigree.trust.errors import MalformedEvidence
from pedigree.trust.obligations import LICENSES, licenses_page, plain
from pedigree.trust.seal import seal
from pedigree.trust.verify import verify_release
from trust.builder import base_files, closure_of_demo, deliver, lay_out, record, run_stock, stock_commands, stock_tools
from trust.office import Office
from trust.plans import demo_plan, sign_plan
from trust.published import BASE, sealed_in
from trust.test_inforce import failed, trust

ASKED = ("hand on the license text", "offer the source of files that were changed")
TERMS = License("MPL-2.0", "conditional", ASKED, "LEGAL-2026-7")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def in_force(office: Office, terms: License = TERMS) -> None:
    """The root, a base model with these terms that legal and quality approved, and a snapshot of that."""
    root = office.publish_root(office.root(), "Olga")
    entry = office.propose("models/base:tiny", BASE, license=terms, publisher="Example Lab")
    office.approve(entry, "Quentin", "Lea")
    office.publish_snapshot(root)


def test_obligations_stand_in_the_release_with_those_who_approved_them(office: Office, tmp_path: Path) -> None:
    in_force(office)
    release = sealed_in(office, tmp_path / "work", "Ray")
    text = (release / LICENSES).read_text()
    assert "## models/base:tiny\n" in text
    for what, value in (("license (SPDX)", "MPL-2.0"), ("family", "conditional"), ("legal review", "LEGAL-2026-7")):
        assert f"| {what} | {value} |\n" in text
    listed = [line[2:] for line in text.splitlines() if line.startswith("- ")]
    people = [f"{name} ({role}, 2026-01-31T12:00:00Z): I reviewed it and approve its use"
              for name, role in (("Lea", "legal"), ("Quentin", "quality"))]  # fmt: skip
    assert listed == [*ASKED, *people]
    entry = text.split("| entry | `")[1].partition("`")[0]
    assert parse_entry((release / entry).read_bytes(), entry).license == TERMS


def test_the_instructions_lead_there_and_only_where_something_is_asked(office: Office, tmp_path: Path) -> None:
    in_force(office)
    text = (sealed_in(office, tmp_path / "work", "Ray") / "VERIFY.md").read_text()
    assert "## Before you hand it on" in text and text.count(LICENSES) == 2
    in_force(office, License("MIT-0", "permissive", (), ""))
    release = sealed_in(office, tmp_path / "free", "Ray")
    text = (release / "VERIFY.md").read_text()
    assert "## Before you hand it on" not in text and text.count(LICENSES) == 1
    assert "lists nothing that it asks" in (release / LICENSES).read_text()


def test_the_page_is_delivered_as_every_file_is(office: Office, tmp_path: Path) -> None:
    in_force(office)
    release = sealed_in(office, tmp_path / "work", "Ray")
    assert failed(office, release, "Ray", trust(office)) == []
    line = f"{sha256_bytes((release / LICENSES).read_bytes())}  {LICENSES}\n"
    assert line in (release / "SHA256SUMS").read_text()
    (release / LICENSES).write_text((release / LICENSES).read_text().replace(ASKED[1], "nothing"))
    (check,) = failed(office, release, "Ray", trust(office))
    assert f"{LICENSES} is missing, was changed, or was added" in check.detail


def test_the_layouts_of_release_and_owners_let_it_be_there(office: Office, tmp_path: Path) -> None:
    in_force(office)
    sign_plan(office, demo_plan(), office.root(), "Olga")
    office.publish_snapshot(office.root(), 2)
    release = sealed_in(office, tmp_path / "work", "Ray")
    commands, tools = stock_commands(release / "VERIFY.md"), stock_tools(tmp_path / "tools")
    assert len(commands) == 5 and (release / LICENSES).exists()
    for command in commands:
        assert (done := run_stock(command, release, tools)).returncode == 0, done.stderr


def test_a_release_that_starts_from_no_base_model_has_no_such_page(office: Office, tmp_path: Path) -> None:
    root = office.publish_root(office.root(), "Olga")
    office.publish_snapshot(root)
    records, delivered = closure_of_demo()
    # The model is trained from nothing: what was the base model is a stage of its own.
    scratch = [replace(each, kind="pretrain") if each.kind == "base_model" else each for each in records]
    seal(lay_out(tmp_path / "work", office.uri("Ray"), scratch, delivered, office.files), office.uri("Ray"))
    release = deliver(tmp_path / "work")
    assert verify_release(release, office.key("Ray")).holds
    assert not (release / LICENSES).exists() and LICENSES not in (release / "VERIFY.md").read_text()


def test_two_base_models_of_one_entry_stand_there_once_and_others_each(office: Office) -> None:
    root = office.publish_root(office.root(), "Olga")
    other = base_files(record("models/b:b", "base_model", "m", {}, roles={"files": ("models/b", {"w": b"other"})}))
    for name, files in (("models/b:b", other), ("models/a:a", BASE)):
        office.approve(office.propose(name, files, license=TERMS), "Quentin", "Lea")
    office.publish_snapshot(root)
    bases = office.authority(root).registered
    text = licenses_page("models/x", [*bases, *bases]).decode()
    assert [line for line in text.splitlines() if line.startswith("## ")] == ["## models/a:a", "## models/b:b"]


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("a\n\n## b", "a \\#\\# b"),
        ("`x`|y", "\\`x\\`\\|y"),
        ("<b>[z](u)&lt;", "\\<b\\>\\[z\\](u)\\&lt;"),
        ("a\x1b[31mb\u202ec", "a \\[31mb c"),
    ],
)
def test_words_of_people_become_no_markup(words: str, shown: str) -> None:
    assert plain(words) == shown


@pytest.mark.parametrize("terms", [{"obligations": [1]}, {"spdx": 1}, {"approval": None}])
def test_an_entry_whose_terms_are_no_text_is_none(office: Office, terms: dict[str, object]) -> None:
    data = office.propose("models/base:tiny", BASE, license=TERMS).to_bytes()
    document = parse_json(data, "it")
    changed = canonical_json({**document, "license": {**document["license"], **terms}})
    with pytest.raises(MalformedEvidence, match="is not a pedigree.base-entry/1 document"):
        parse_entry(changed, "it")
