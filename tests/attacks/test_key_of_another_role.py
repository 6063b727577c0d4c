"""A key of one role signs what another role must: each signature holds, and does not count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from attacks.on_release import SEALER, require_layers
from attacks.verifier import EVIL, started
from pedigree.step.canonical import canonical_json
from pedigree.trust import attested, builders, chain, decided, decisions, owners, registered, root_rules
from pedigree.trust import root as roots
from pedigree.trust import seal as sealing
from pedigree.trust.attest import attest
from pedigree.trust.decisions import Approval, Manifestation
from pedigree.trust.envelope import sign_bundle
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.inforce import Trust
from pedigree.trust.owners import owners_word
from pedigree.trust.root import Role, first_root
from pedigree.trust.signed import Signed, unsigned
from trust.builder import RELEASE, closure_of_demo, deliver, lay_out, record, who_ran
from trust.office import NOON, Office
from trust.plans import demo_plan, sign_plan
from trust.published import put_in_force

Patch = pytest.MonkeyPatch
APPROVES_NOTHING = pytest.mark.parametrize("name", ["Ray", "Bea"])


def approved_by(directory: Path, name: str) -> tuple[Office, Callable[[], object]]:
    """Somebody approves for legal, whose role that is not; and what a verifier makes of it."""
    office, root, verifier = started(directory)
    entry = office.propose("models/base:evil", EVIL)
    office.approve(entry, "Quentin")
    office.people[name] = "legal"
    office.approve(entry, name)
    office.publish_snapshot(root)
    return office, lambda: verifier.believes(office.files).approved("evil", EVIL)


@APPROVES_NOTHING
def test_an_approval_is_found_by_the_role_of_its_key_and_by_what_it_says_of_itself(
    tmp_path: Path, name: str, monkeypatch: Patch
) -> None:
    _, approved = approved_by(tmp_path, name)
    with pytest.raises(Refused, match=f"is signed by {name} in the role (release|builder), not legal or owner"):
        approved()
    with monkeypatch.context() as off:
        off.setattr(decisions, "require_holder", lambda *_: None)
        with pytest.raises(Refused, match=f"is signed by {name} in the role"):
            approved()
    monkeypatch.setattr(decided, "_require_role", lambda *_: None)
    with pytest.raises(Refused, match=f"is signed as {name}, legal, but the key is that of {name}, "):
        approved()
    monkeypatch.setattr(decisions, "require_holder", lambda *_: None)
    assert approved()


def test_an_owner_who_approves_for_legal_is_found_by_what_the_approval_says_of_itself(
    tmp_path: Path, monkeypatch: Patch
) -> None:
    _, approved = approved_by(tmp_path, "Olga")
    with pytest.raises(Refused, match="is signed as Olga, legal, but the key is that of Olga, owner"):
        approved()
    monkeypatch.setattr(decisions, "require_holder", lambda *_: None)
    assert approved()


def test_one_person_who_approves_for_two_roles_is_found_by_counting_people(tmp_path: Path, monkeypatch: Patch) -> None:
    """Quentin was given a key of legal, too."""
    office = Office(tmp_path)
    root, lea = office.root(), office.key("Lea").keyid
    root = replace(root, holders={**root.holders, lea: replace(root.holders[lea], name="Quentin")})
    office.publish_root(root, "Olga")
    entry = office.propose("models/base:evil", EVIL)
    office.approve(entry, "Quentin")
    signature = Manifestation("Quentin", "legal", NOON, "I reviewed it and approve its use")
    approval = Approval(entry.files, entry.sha256, signature, lea)
    path = f"approvals/{entry.uid[:16]}/legal.{lea[:8]}.sigstore.json"
    office.files[path] = sign_bundle(approval.to_json(), office.signer("Lea"), office.key("Lea"))
    office.publish_snapshot(root)
    authority = office.authority(root)
    with pytest.raises(Refused, match="is not approved by different people for legal and quality"):
        authority.approved("evil", EVIL)
    monkeypatch.setattr(registered, "_shared", lambda *_: ())
    assert authority.approved("evil", EVIL)


@pytest.mark.parametrize("name", ["Ray", "Bea"])
def test_a_revocation_is_found_by_the_role_of_its_key(tmp_path: Path, name: str, monkeypatch: Patch) -> None:
    """Whoever may only build or seal stops what is approved."""
    office, root, verifier = started(tmp_path)
    office.revoke(name, "base", {"models/base:tiny": EVIL["model.safetensors"]})
    office.publish_snapshot(root)
    with pytest.raises(Refused, match=f"is signed by {name} in the role .*, not legal or owner or quality"):
        verifier.believes(office.files)
    monkeypatch.setattr(decided, "_require_role", lambda *_: None)
    assert verifier.believes(office.files).revocation_of(EVIL["model.safetensors"])


@pytest.mark.parametrize("name", ["Olga", "Bea", "Lea", "Ray"])
def test_a_snapshot_is_found_by_counting_signatures_of_quality(tmp_path: Path, name: str, monkeypatch: Patch) -> None:
    office, root, verifier = started(tmp_path)
    office.publish_snapshot(root, by=name)
    with pytest.raises(Refused, match="snapshot.json, by quality, has 0 of the 1 signatures"):
        verifier.believes(office.files)
    monkeypatch.setattr(Signed, "require", lambda *_: frozenset())
    assert verifier.believes(office.files).snapshot.version == 1


@pytest.mark.parametrize("name", ["Bea", "Quentin", "Lea", "Ray"])
def test_the_next_trust_root_is_found_by_counting_signatures_of_owners(
    tmp_path: Path, name: str, monkeypatch: Patch
) -> None:
    office, root, verifier = started(tmp_path)
    second = office.publish_root(office.root(2, root.digest), name)
    office.publish_snapshot(second)
    with pytest.raises(Refused, match="root/2.json, by the owners of version 1 has 0 of the 1 signatures"):
        verifier.believes(office.files)
    monkeypatch.setattr(chain, "next_root", lambda _, data, path: roots.parse_root(data, path)[0])
    assert verifier.believes(office.files).root.version == 2


@pytest.mark.parametrize("name", ["Bea", "Quentin", "Lea", "Ray"])
def test_a_plan_is_found_by_counting_signatures_of_owners(tmp_path: Path, name: str, monkeypatch: Patch) -> None:
    office = Office(tmp_path)
    root = office.root()
    sign_plan(office, demo_plan(), root, name)
    with pytest.raises(Refused, match="have 0 of the 1 owners' signatures they need"):
        owners_word(office.files, root, frozenset(), RELEASE)
    everybody = {keyid: holder.key for keyid, holder in root.holders.items()}
    monkeypatch.setattr(owners, "owner_keys", lambda *_: everybody)
    word = owners_word(office.files, root, frozenset(), RELEASE)
    assert word is not None and word.names == (name,)


@pytest.mark.parametrize("name", ["Olga", "Bea", "Quentin", "Lea"])
def test_a_release_is_found_by_the_role_of_the_key_that_sealed_it(
    tmp_path: Path, name: str, monkeypatch: Patch
) -> None:
    """Sealed with tools that do not ask for a role."""
    office = Office(tmp_path)
    put_in_force(office)
    directory = lay_out(tmp_path / "work", office.uri(name), *closure_of_demo(), office.files)
    monkeypatch.setattr(attested, "require_sealer", lambda *_: None)
    sealing.seal(directory, office.uri(name))
    whom = Trust(office.root(), None, None, datetime(2026, 2, 1, tzinfo=UTC), None)
    require_layers(deliver(directory), office.key(name), (SEALER,), whom)


@pytest.mark.parametrize("name", ["Olga", "Quentin", "Lea"])
def test_the_record_of_a_run_is_found_by_the_role_of_its_key(tmp_path: Path, name: str, monkeypatch: Patch) -> None:
    """The repository lists the key beside those of builders; the trust root gives it another role."""
    office, root, _ = started(tmp_path)
    office.publish_snapshot(root)
    step = record("models/demo:sft", "finetune", "pedigree.training.sft", {"training.json": b"{}"})
    runner, machine = tmp_path / "runner", tmp_path / "machine"
    for path, data in {
        runner / "builders/ci.pub": office.key(name).pem.encode(),
        runner / "signer.pub": office.key(name).pem.encode(),
        runner / "record.json": canonical_json(step.to_json()),
        machine / "builders/ci.pub": office.key(name).pem.encode(),
        machine / "signer.pub": office.key("Nobody").pem.encode(),
        machine / f"records/{step.name}.json": canonical_json(step.to_json()),
        **{machine / "attestations" / path: data for path, data in office.files.items()},
    }.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    attest(runner, office.uri(name))
    (signed,) = (runner / ".cache/runs").iterdir()
    (machine / "runs" / step.name).mkdir(parents=True)
    (machine / "runs" / step.name / "ci.json").write_bytes(signed.read_bytes())
    assert who_ran(machine) == ({}, [step.name])
    monkeypatch.setattr(builders, "_fault", lambda *_: "")
    assert who_ran(machine) == ({step.name: "ci"}, [])


def test_one_key_with_two_roles_is_found_by_reading_the_trust_root(tmp_path: Path, monkeypatch: Patch) -> None:
    """An owner makes herself quality too, and would approve what she put in force."""
    office = Office(tmp_path)
    root, olga = office.root(), office.key("Olga").keyid
    both = Role(root.roles["quality"].keyids | {olga}, 1)
    document = replace(root, roles={**root.roles, "quality": both}).to_json()
    data = office.sign(unsigned(document, roots.PAYLOAD_TYPE), "Olga")
    with pytest.raises(MalformedEvidence, match="gives 'Olga' two roles by one key"):
        first_root(data, "the root")
    monkeypatch.setattr(root_rules, "_holder_faults", lambda _: iter(()))
    assert olga in first_root(data, "the root").keys("quality")
