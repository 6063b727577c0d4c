from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pedigree.trust.authority import load_authority
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.root import Role
from pedigree.trust.versions import in_force, read_versions
from trust.builder import digests
from trust.office import LATER, Office

BASE = digests({"config.json": b"{}", "model.safetensors": b"base weights"})


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_a_draft_says_which_owners_of_both_versions_it_lacks(office: Office) -> None:
    first = office.publish_root(office.root(owners=2), "Olga", "Otto")
    office.people["Oskar"] = "owner"
    second = office.retired(office.root(2, first.digest, owners=2), "Otto")
    office.publish_root(second, "Olga")
    versions = read_versions(office.files)
    assert [version.lacks() for version in versions] == [
        (),
        ("1 more of the owners of the version before: Otto", "1 more of the owners of its own: Oskar"),
    ]
    with pytest.raises(Refused, match="version 2 of the trust root is not in force; it lacks 1 more"):
        in_force(versions)
    office.publish_root(second, "Olga", "Oskar", "Otto")
    assert in_force(read_versions(office.files)).version == 2


def test_a_signature_of_a_stranger_counts_for_nothing(office: Office) -> None:
    office.publish_root(office.root(), "Ray", "Mallory")
    (version,) = read_versions(office.files)
    assert version.signers() == {} and version.lacks() == ("1 more of the owners of its own: Olga, Otto",)


def test_versions_follow_each_other_without_gaps(office: Office) -> None:
    first = office.publish_root(office.root(), "Olga")
    second = office.publish_root(office.root(2, first.digest), "Olga")
    office.publish_root(office.root(3, second.digest), "Olga")
    assert len(read_versions(office.files)) == 3
    whole = dict(office.files)
    for path, told in (("root/2.json", "root/2.json is missing"), ("root/1.json", "root/1.json is missing")):
        with pytest.raises(Refused, match=told):
            read_versions({name: data for name, data in whole.items() if name != path})
    with pytest.raises(Refused, match="root/2.json is version 3"):
        read_versions({**whole, "root/2.json": whole["root/3.json"]})
    with pytest.raises(Refused, match="there is no trust root"):
        read_versions({})
    other = office.root(2, "0" * 64)
    with pytest.raises(Refused, match="root/2.json does not replace version 1"):
        office.publish_root(other, "Olga")
        read_versions(office.files)


def test_an_empty_file_is_not_the_end_of_the_chain(office: Office) -> None:
    first = office.publish_root(office.root(), "Olga")
    office.publish_snapshot(first)
    office.files["root/2.json"] = b""
    with pytest.raises(MalformedEvidence, match="root/2.json"):
        office.authority(first)


def test_one_person_with_two_keys_does_not_count_for_two(office: Office) -> None:
    first = office.root()
    first = replace(first, roles={**first.roles, "legal": replace(first.roles["legal"], threshold=1)})
    office.publish_root(first, "Olga")
    entry = office.propose("models/base:tiny", BASE)
    office.approve(entry, "Quentin", "Lea")
    # Lea gets another key, another person joins her, and from now on two must approve.
    old = office.key("Lea").keyid
    (office.directory / "Lea.pem").rename(office.directory / "Lea's old.pem")
    office.people["Linus"] = "legal"
    second = office.root(2, first.digest)
    keyids = second.roles["legal"].keyids | {old}
    holders = {**second.holders, old: replace(first.holders[old], retired=LATER)}
    office.publish_root(replace(second, holders=holders, roles={**second.roles, "legal": Role(keyids, 2)}), "Olga")
    office.approve(entry, "Lea")
    second = read_versions(office.files)[-1].root
    office.publish_snapshot(second)
    found = load_authority(office.files, first)
    assert len([item for item in found.registered[0].approvals if item.signature.name == "Lea"]) == 2
    with pytest.raises(Refused, match="is not approved by legal"):
        found.approved("tiny", BASE)
    office.approve(entry, "Linus")
    office.publish_snapshot(second, 2)
    assert load_authority(office.files, first).approved("tiny", BASE)


@pytest.mark.parametrize("verdict", ["refuse", "", "Pass"])
def test_an_entry_that_its_scan_refused_is_none(office: Office, verdict: str) -> None:
    first = office.publish_root(office.root(), "Olga")
    office.propose("models/base:tiny", BASE, verdict=verdict)
    office.publish_snapshot(first)
    with pytest.raises(MalformedEvidence, match=f"has the verdict '{verdict}'"):
        office.authority(first)


def test_a_publishers_signature_that_an_entry_names_lies_beside_it(office: Office) -> None:
    first = office.publish_root(office.root(), "Olga")
    office.propose("models/base:tiny", BASE, publisher_signature="0" * 64)
    office.publish_snapshot(first)
    with pytest.raises(Refused, match=f"names evidence that is not beside it: {'0' * 64}"):
        office.authority(first)
