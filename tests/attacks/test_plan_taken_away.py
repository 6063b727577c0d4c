"""A plan is taken away: quality's key is stolen, and the next snapshot lists all but the plan that stood in the way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from attacks.verifier import Verifier, started
from pedigree.step.canonical import canonical_json, parse_json
from pedigree.trust import seen
from pedigree.trust.errors import Refused
from pedigree.trust.owners import word_in_force
from pedigree.trust.pair import layout_path, plan_path
from pedigree.trust.plan import Plan
from pedigree.trust.proposal import withdrawal
from pedigree.trust.root import TrustRoot
from trust.builder import RELEASE
from trust.office import Office
from trust.plans import demo_plan, sign_plan

TOLD = f"version 3 of the plan of '{RELEASE}', which was seen before, was taken away; only its owners end a plan"


def planned(directory: Path) -> tuple[Office, TrustRoot, Verifier, Plan]:
    """A verifier who saw a plan in force."""
    office, root, verifier = started(directory)
    plan = sign_plan(office, demo_plan(version=3), root, "Olga")
    office.publish_snapshot(root)
    assert word_in_force(verifier.believes(office.files), RELEASE)
    return office, root, verifier, plan


def take_away(office: Office) -> None:
    for path in (plan_path(RELEASE), layout_path(RELEASE)):
        del office.files[path]


def test_a_snapshot_without_the_plan_that_was_seen_is_not_believed(tmp_path: Path) -> None:
    office, root, verifier, _ = planned(tmp_path)
    take_away(office)
    office.publish_snapshot(root, 2)
    for _ in range(2):
        with pytest.raises(Refused, match=TOLD):
            verifier.believes(office.files)


def test_control_off_the_release_has_no_plan_any_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    office, root, verifier, _ = planned(tmp_path)
    take_away(office)
    office.publish_snapshot(root, 2)
    monkeypatch.setattr(seen, "_require_plans", lambda *_: None)
    assert word_in_force(verifier.believes(office.files), RELEASE) is None


def new_root(office: Office, root: TrustRoot) -> TrustRoot:
    """The next trust root, which says nothing of plans: that of quality's thief who waits for one."""
    return office.publish_root(office.root(2, root.digest), "Olga")


def revoked_signer(office: Office, root: TrustRoot) -> TrustRoot:
    """Quality alone revokes the owner who signed the plan, which therefore falls."""
    office.revoke("Quentin", "key", {"Olga": office.key("Olga").fingerprint})
    return root


@pytest.mark.parametrize("prepare", [new_root, revoked_signer])
def test_neither_another_trust_root_nor_a_revocation_lets_it_go(
    tmp_path: Path, prepare: Callable[[Office, TrustRoot], TrustRoot]
) -> None:
    office, root, verifier, _ = planned(tmp_path)
    root = prepare(office, root)
    take_away(office)
    office.publish_snapshot(root, 2)
    with pytest.raises(Refused, match=TOLD):
        verifier.believes(office.files)


def test_its_owners_withdraw_it_and_then_it_does_not_come_back(tmp_path: Path) -> None:
    office, root, verifier, plan = planned(tmp_path)
    before = {path: office.files[path] for path in (plan_path(RELEASE), layout_path(RELEASE))}
    sign_plan(office, withdrawal(plan, "the product ends"), root, "Olga")
    office.publish_snapshot(root, 2)
    word = word_in_force(verifier.believes(office.files), RELEASE)
    assert word is not None and word.plan.withdrawn and word.plan.version == 4
    office.files.update(before)
    office.publish_snapshot(root, 3)
    with pytest.raises(Refused, match="version 3 of the plan of .* is older than version 4, which was seen before"):
        verifier.believes(office.files)


@pytest.mark.parametrize("names", [(), ("Quentin",)])
def test_a_withdrawal_that_no_owner_signed_ends_no_plan(tmp_path: Path, names: tuple[str, ...]) -> None:
    office, root, verifier, plan = planned(tmp_path)
    sign_plan(office, withdrawal(plan, ""), root, *names)
    office.publish_snapshot(root, 2)
    with pytest.raises(Refused, match="have 0 of the 1 owners' signatures they need"):
        word_in_force(verifier.believes(office.files), RELEASE)


def test_another_plan_of_the_same_version_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One owner's key is enough here, and it is stolen: two plans of one version are shown to two people."""
    office, root, verifier, _ = planned(tmp_path)
    sign_plan(office, demo_plan(version=3, note="another"), root, "Olga")
    office.publish_snapshot(root, 2)
    with pytest.raises(Refused, match=f"version 3 of the plan of '{RELEASE}' is another one than the one that was"):
        verifier.believes(office.files)
    monkeypatch.setattr(seen, "require_same", lambda *_: None)
    assert verifier.believes(office.files)


def test_of_a_plan_that_is_listed_and_not_brought_nothing_is_taken_away(tmp_path: Path) -> None:
    """What comes with a release are its own plan and the snapshot, which lists those of all releases."""
    office, _, verifier, _ = planned(tmp_path)
    take_away(office)
    verifier.believes(office.files)
    # It is the release itself that does not do without it.
    with pytest.raises(Refused, match=f"{plan_path(RELEASE)}, which the snapshot lists, is missing"):
        word_in_force(verifier.believes(office.files), RELEASE)


def test_who_remembered_before_digests_were_remembered_misses_it_too(tmp_path: Path) -> None:
    office, root, verifier, _ = planned(tmp_path)
    (memory,) = verifier.memory.glob("*.json")
    document = parse_json(memory.read_bytes(), "memory")
    document.update(schema="pedigree.seen/2", plans={RELEASE: "3"})
    memory.write_bytes(canonical_json(document))
    assert verifier.believes(office.files)
    memory.write_bytes(canonical_json(document))
    take_away(office)
    office.publish_snapshot(root, 2)
    with pytest.raises(Refused, match=TOLD):
        verifier.believes(office.files)
