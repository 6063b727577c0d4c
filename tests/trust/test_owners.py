"""Whose word on what a release may be made of counts."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from pedigree.step.canonical import canonical_json, parse_json
from pedigree.step.digests import sha256_bytes
from pedigree.step.errors import ToolError
from pedigree.trust.envelope import PAYLOAD_TYPE as IN_TOTO
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.owners import OwnersWord, owners_word, word_in_force
from pedigree.trust.pair import draft_pair, layout_path, plan_path
from pedigree.trust.root import Role, TrustRoot
from pedigree.trust.signed import parse_signed
from trust.builder import RELEASE
from trust.office import Office
from trust.plans import demo_plan, sign_plan

PLAN, LAYOUT = plan_path(RELEASE), layout_path(RELEASE)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


@pytest.fixture
def root(office: Office) -> TrustRoot:
    return office.publish_root(office.root(owners=2), "Olga", "Otto")


def word(office: Office, root: TrustRoot, *revoked: str) -> OwnersWord | None:
    return owners_word(office.files, root, frozenset(revoked), RELEASE)


def test_what_enough_owners_signed_counts(office: Office, root: TrustRoot) -> None:
    plan = sign_plan(office, demo_plan(note="first"), root, "Olga", "Otto")
    found = word(office, root)
    assert found is not None and (found.plan, found.names) == (plan, ("Olga", "Otto"))
    assert found.plan.layout == sha256_bytes(canonical_json(found.layout))


def test_nobodys_word_is_none(office: Office, root: TrustRoot) -> None:
    assert word(office, root) is None


@pytest.mark.parametrize("names", [(), ("Olga",), ("Olga", "Quentin"), ("Olga", "Ray"), ("Quentin", "Lea")])
def test_too_few_owners_or_people_of_other_roles_do_not_count(
    office: Office, root: TrustRoot, names: tuple[str, ...]
) -> None:
    sign_plan(office, demo_plan(), root, *names)
    counting = len({"Olga", "Otto"} & set(names))
    with pytest.raises(Refused, match=f"have {counting} of the 2 owners' signatures they need"):
        word(office, root)


def test_each_owner_must_have_signed_both(office: Office, root: TrustRoot) -> None:
    sign_plan(office, demo_plan(), root, "Olga", "Otto")
    whole = dict(office.files)
    sign_plan(office, demo_plan(), root, "Olga")
    for path in (PLAN, LAYOUT):
        office.files.update({**whole, path: office.files[path]})
        with pytest.raises(Refused, match="have 1 of the 2"):
            word(office, root)
        sign_plan(office, demo_plan(), root, "Olga")


def test_a_revoked_or_retired_owners_signature_does_not_count(office: Office, root: TrustRoot) -> None:
    sign_plan(office, demo_plan(), root, "Olga", "Otto")
    with pytest.raises(Refused, match="have 1 of the 2"):
        word(office, root, office.key("Otto").fingerprint)
    otto = office.key("Otto").keyid
    retired = replace(root, holders={**root.holders, otto: replace(root.holders[otto], retired="2026-01-31T12:00:00Z")})
    with pytest.raises(Refused, match="have 1 of the 2"):
        word(office, retired)


def of_two(office: Office, root: TrustRoot, *retired: str) -> TrustRoot:
    """The version after a trust root, with everybody whom the office has by now; some are retired."""
    after = office.root(root.version + 1, root.digest, owners=2)
    for name in (name for name, holder in root.holders.items() if holder.retired):
        after = replace(after, holders={**after.holders, name: root.holders[name]})
    for name in retired:
        after = office.retired(after, name)
    return after


def names(office: Office, *roots: TrustRoot, revoked: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Whose word the plan is by several versions of the trust root, of which the last is in force."""
    fingerprints = frozenset(office.key(name).fingerprint for name in revoked)
    found = owners_word(office.files, roots[-1], fingerprints, RELEASE, roots[:-1])
    assert found is not None
    return found.names


def test_a_plan_outlives_the_trust_root_under_which_enough_owners_signed_it(office: Office, root: TrustRoot) -> None:
    sign_plan(office, demo_plan(), root, "Olga", "Otto")
    office.people.update({"Otto2": "owner", "Bert": "builder"})
    second = of_two(office, root, "Otto")
    office.people["Olga2"] = "owner"
    third = of_two(office, second, "Olga")
    assert names(office, root, second) == names(office, root, second, third) == ("Olga", "Otto")


def test_of_signers_of_whom_one_was_revoked_since_the_others_must_be_enough(office: Office, root: TrustRoot) -> None:
    office.people["Oskar"] = "owner"
    three = of_two(office, root)
    sign_plan(office, demo_plan(), three, "Olga", "Otto", "Oskar")
    assert names(office, root, three, revoked=("Otto",)) == ("Olga", "Oskar")
    told = "have 1 of the 2 owners' signatures they need; revoked is the key of Oskar and of Otto, and inside"
    with pytest.raises(Refused, match=told):
        names(office, root, three, revoked=("Otto", "Oskar"))


def test_owners_who_never_were_so_together_do_not_sign_together(office: Office, root: TrustRoot) -> None:
    sign_plan(office, demo_plan(), root, "Olga")
    office.people["Oskar"] = "owner"
    second = of_two(office, root, "Olga")
    sign_plan(office, demo_plan(), root, "Olga", "Oskar")
    with pytest.raises(Refused, match="have 1 of the 2"):
        names(office, root, second)
    # A version in which both are owners makes them so.
    assert names(office, root, of_two(office, root), of_two(office, of_two(office, root), "Olga")) == ("Olga", "Oskar")


def test_when_more_owners_must_sign_than_did_the_plan_falls(office: Office) -> None:
    first = office.root(owners=1)
    sign_plan(office, demo_plan(), first, "Olga")
    assert names(office, first) == ("Olga",)
    with pytest.raises(Refused, match="have 1 of the 2"):
        names(office, first, of_two(office, first))
    # When fewer must, it still takes as many as at the time when they were owners, unless they are owners now.
    assert names(office, of_two(office, first), first) == ("Olga",)
    with pytest.raises(Refused, match="have 0 of the 1"):
        names(office, of_two(office, first), office.retired(first, "Olga"))


@pytest.mark.parametrize("missing", [PLAN, LAYOUT])
def test_one_of_the_two_does_not_count_without_the_other(office: Office, root: TrustRoot, missing: str) -> None:
    sign_plan(office, demo_plan(), root, "Olga", "Otto")
    del office.files[missing]
    with pytest.raises(Refused, match=f"{missing} is missing"):
        word(office, root)


def test_a_layout_of_another_plan_does_not_count(office: Office, root: TrustRoot) -> None:
    sign_plan(office, demo_plan(version=1), root, "Olga", "Otto")
    first = office.files[LAYOUT]
    sign_plan(office, demo_plan(version=2), root, "Olga", "Otto")
    office.files[LAYOUT] = first
    with pytest.raises(Refused, match="goes with another layout"):
        word(office, root)


def test_a_plan_of_another_release_does_not_count(office: Office, root: TrustRoot) -> None:
    sign_plan(office, demo_plan(), root, "Olga", "Otto")
    other = "models/other"
    office.files.update({plan_path(other): office.files[PLAN], layout_path(other): office.files[LAYOUT]})
    with pytest.raises(Refused, match=f"is the plan of '{RELEASE}'"):
        owners_word(office.files, root, frozenset(), other)


def test_a_plan_is_no_layout_and_a_layout_no_plan(office: Office, root: TrustRoot) -> None:
    sign_plan(office, demo_plan(), root, "Olga", "Otto")
    plan, layout = office.files[PLAN], office.files[LAYOUT]
    office.files.update({PLAN: layout, LAYOUT: plan})
    with pytest.raises(MalformedEvidence, match=re.escape(f"{PLAN} holds a '{IN_TOTO}'")):
        word(office, root)


def test_one_byte_changed_anywhere_does_not_count(office: Office, root: TrustRoot) -> None:
    sign_plan(office, demo_plan(), root, "Olga", "Otto")
    for path in (PLAN, LAYOUT):
        data = office.files[path]
        for at in range(0, len(data), len(data) // 40):
            office.files[path] = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
            with pytest.raises((Refused, MalformedEvidence)):
                word(office, root)
        office.files[path] = data
    assert word(office, root)


def test_the_snapshot_puts_a_plan_in_force(office: Office, root: TrustRoot) -> None:
    office.publish_snapshot(root)
    assert word_in_force(office.authority(root), RELEASE) is None
    sign_plan(office, demo_plan(), root, "Olga", "Otto")
    with pytest.raises(Refused, match="is not listed by the snapshot"):
        office.authority(root)
    office.publish_snapshot(root, 2)
    assert word_in_force(office.authority(root), RELEASE)
    office.revoke("Quentin", "key", {"Otto": office.key("Otto").fingerprint})
    office.publish_snapshot(root, 3)
    with pytest.raises(Refused, match="have 1 of the 2"):
        word_in_force(office.authority(root), RELEASE)


def test_the_layout_lets_builders_and_the_release_role_sign_and_the_latter_alone_deliver(
    office: Office, root: TrustRoot
) -> None:
    layout = parse_signed(draft_pair(demo_plan(), root).to_files()[LAYOUT], IN_TOTO, LAYOUT).document
    bea, ray = office.key("Bea").keyid, office.key("Ray").keyid
    steps = {step["name"]: set(step["pubkeys"]) for step in layout["steps"]}
    assert set(layout["keys"]) == {bea, ray}
    assert steps.pop("delivery") == {ray}
    assert all(keys == {bea, ray} for keys in steps.values())


def test_without_a_release_role_there_is_no_layout(office: Office, root: TrustRoot) -> None:
    nobody = replace(root, roles={**root.roles, "release": Role(frozenset(), 1)})
    with pytest.raises(ToolError, match="gives nobody the role release"):
        draft_pair(demo_plan(), nobody)


def test_what_is_filed_is_canonical_json(office: Office, root: TrustRoot) -> None:
    sign_plan(office, demo_plan(), root, "Olga", "Otto")
    assert all(canonical_json(parse_json(office.files[path], path)) == office.files[path] for path in (PLAN, LAYOUT))
