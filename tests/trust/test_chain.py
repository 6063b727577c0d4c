from __future__ import annotations

import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pedigree.trust import root as roots
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.root import Holder, TrustRoot
from pedigree.trust.versions import read_versions
from trust.builder import digests
from trust.office import LATER, NOON, Office

BASE = digests({"config.json": b"{}", "model.safetensors": b"base weights"})


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


@pytest.fixture
def root(office: Office) -> TrustRoot:
    return office.publish_root(office.root(), "Olga")


def held(office: Office, root: TrustRoot, whose: str, **changes: Any) -> TrustRoot:
    """The same version with another word on somebody's key."""
    keyid = office.key(whose).keyid
    return replace(root, holders={**root.holders, keyid: replace(root.holders[keyid], **changes)})


def refused(office: Office, root: TrustRoot, first: TrustRoot, told: str) -> None:
    """Owners sign it, and neither verifiers nor people take it."""
    office.publish_root(root, "Olga", "Otto")
    office.publish_snapshot(root)
    with pytest.raises(Refused, match=told):
        office.authority(first)
    with pytest.raises(Refused, match=told):
        read_versions(office.files)


def test_no_version_renames_a_holder(office: Office, root: TrustRoot) -> None:
    other = held(office, office.root(2, root.digest), "Ray", name="Rose")
    refused(office, other, root, "root/2.json renames the holder of the key sha256:.* of 'Ray' to 'Rose'")


def test_no_version_gives_a_key_another_role(office: Office, root: TrustRoot) -> None:
    office.people["Ray"] = "legal"
    refused(office, office.root(2, root.digest), root, "of 'Ray' the role legal instead of release")


def test_no_version_drops_a_holder(office: Office, root: TrustRoot) -> None:
    del office.people["Lea"]
    refused(office, office.root(2, root.digest), root, "root/2.json drops the key sha256:.* of 'Lea'")


def test_a_key_that_is_retired_stays_so_and_may_turn_out_to_have_been_retired_earlier(
    office: Office, root: TrustRoot
) -> None:
    second = office.publish_root(office.retired(office.root(2, root.digest), "Otto"), "Olga")
    third = office.root(3, second.digest)
    for wrong in (third, office.retired(third, "Otto", "2026-03-01T00:00:00Z")):
        office.publish_root(wrong, "Olga")
        with pytest.raises(Refused, match=f"of 'Otto' back into use, which was retired at {LATER}"):
            office.authority(root)
    right = office.publish_root(office.retired(third, "Otto", NOON), "Olga")
    office.publish_snapshot(right)
    assert office.authority(root).root == right


@pytest.mark.parametrize(
    "name",
    ["Quentin ", " Quentin", "Quentin  Quist", "Que\u200bntin", "Quentin\n", unicodedata.normalize("NFD", "Zoë")],
)
def test_a_name_is_written_in_the_one_way_in_which_it_is_printed(office: Office, name: str) -> None:
    with pytest.raises(MalformedEvidence, match="which looks like another one"):
        roots.draft(held(office, office.root(), "Quentin", name=name))
    assert roots.draft(held(office, office.root(), "Quentin", name="Zoë Quist"))


def test_one_person_has_one_key_in_use_in_a_role(office: Office, root: TrustRoot) -> None:
    twice = held(office, office.root(owners=2), "Otto", name="Olga")
    with pytest.raises(MalformedEvidence, match="gives the role owner to two keys of 'Olga' that are in use"):
        roots.draft(twice)
    assert roots.draft(held(office, replace(twice, roles=root.roles), "Otto", name="Olga", retired=LATER))
    assert roots.draft(held(office, office.root(), "Lea", name="Olga"))


def test_versions_below_the_one_that_was_handed_must_be_those_that_it_replaces(office: Office, root: TrustRoot) -> None:
    second = office.publish_root(office.root(2, root.digest), "Olga")
    office.publish_snapshot(second)
    assert office.authority(second).roots == {1: root.digest, 2: second.digest}
    ray = office.key("Ray").keyid
    other = replace(root, holders={**root.holders, ray: Holder("Rose", office.key("Ray"))})
    office.publish_root(other, "Olga")
    with pytest.raises(Refused, match="root/1.json is another one than the one that version 2 replaces"):
        office.authority(second)


def test_nobody_approves_after_the_snapshot_that_lists_it(office: Office, root: TrustRoot) -> None:
    entry = office.propose("models/base:tiny", BASE)
    office.approve(entry, "Quentin", "Lea", time=LATER)
    office.publish_snapshot(root, time=NOON)
    with pytest.raises(
        Refused, match=f"approved by .* at {LATER}, but the snapshot that lists that was made at {NOON}"
    ):
        office.authority(root)
    office.publish_snapshot(root, time=LATER)
    assert office.authority(root).approved("tiny", BASE)
