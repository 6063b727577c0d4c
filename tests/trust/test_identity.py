"""What is said of identities wherever nobody needs Sigstore's client: by statements, by a memory, by a trust root."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pedigree.trust.decisions import Approval, Manifestation, Revocation, open_approval
from pedigree.trust.envelope import sign_bundle
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.identity import Identity
from pedigree.trust.root import Holder, TrustRoot
from pedigree.trust.root_rules import faults
from pedigree.trust.seen import entries_of, is_void
from trust.office import LATER, NOON, Office

ADA = Identity("ada@example.org", "https://login.example.org", "1" * 64)
FILES = {"model.safetensors": "2" * 64}


def approved(office: Office, root: TrustRoot, identity: object) -> Approval:
    """An approval that Lea signs by her key, and that names an identity."""
    said = office.manifestation("Lea", "I approve it")
    document = Approval(FILES, "3" * 64, said, office.key("Lea").keyid).to_json()
    if identity is not None:
        document["predicate"]["signature"]["identity"] = identity
    return open_approval(sign_bundle(document, office.signer("Lea"), office.key("Lea")), root, "it")


def test_a_statement_by_a_key_names_no_identity(tmp_path: Path) -> None:
    office = Office(tmp_path)
    said = approved(office, office.root(), None).to_json()["predicate"]["signature"]
    assert said.keys() == {"name", "role", "time", "meaning"}


@pytest.mark.parametrize(
    ("identity", "error"), [(ADA.fingerprint, Refused), ("", MalformedEvidence), (1, MalformedEvidence)]
)
def test_a_statement_by_a_key_that_names_an_identity_is_refused(
    identity: object, error: type[Exception], tmp_path: Path
) -> None:
    office = Office(tmp_path)
    with pytest.raises(error):
        approved(office, office.root(), identity)


def with_identities(root: TrustRoot, **held: tuple[str, Identity]) -> TrustRoot:
    """The same with identities: role -> printed name, and which."""
    for role, (name, identity) in held.items():
        its = replace(root.roles[role], keyids=root.roles[role].keyids | {identity.keyid})
        holders = {**root.holders, identity.keyid: Holder(name, identity)}
        root = replace(root, holders=holders, roles={**root.roles, role: its})
    return root


def test_a_login_belongs_to_one_name_in_one_role_and_is_compared_exactly(tmp_path: Path) -> None:
    root = Office(tmp_path).root()
    newer = replace(ADA, instance="4" * 64)
    one = "gives one login, ada@example.org at https://login.example.org, to"
    assert list(faults(with_identities(root, legal=("Ada", ADA), quality=("Eve", newer)))) == [
        f"{one} 'Ada' as legal and to 'Eve' as quality"
    ]
    assert list(faults(with_identities(root, legal=("Ada", ADA), quality=("Ada", newer)))) == [
        f"{one} 'Ada' as legal and to 'Ada' as quality"
    ]
    for other in (replace(newer, identity="Ada@example.org"), replace(newer, issuer="https://login.example.org/")):
        assert list(faults(with_identities(root, legal=("Ada", ADA), quality=("Eve", other)))) == []


def test_a_login_may_have_successive_configs_of_which_one_is_in_use(tmp_path: Path) -> None:
    root = with_identities(Office(tmp_path).root(), legal=("Ada", ADA))
    both = with_identities(root, legal=("Ada", replace(ADA, instance="4" * 64)))
    assert list(faults(both)) == ["gives the role legal to two keys of 'Ada' that are in use"]
    retired = replace(both.holders[ADA.keyid], retired=NOON)
    assert list(faults(replace(both, holders={**both.holders, ADA.keyid: retired}))) == []


def test_a_revocation_is_of_the_time_at_which_a_log_saw_it_where_it_states_an_earlier_one(tmp_path: Path) -> None:
    root = with_identities(Office(tmp_path).root(), legal=("Ada", ADA))
    retired = replace(root.holders[ADA.keyid], retired=LATER)
    root = replace(root, holders={**root.holders, ADA.keyid: retired})
    said = Manifestation("Ada", "legal", NOON, "I revoke it", ADA.fingerprint)
    for logged, void in (("", False), (NOON, False), (LATER, True)):
        (item,) = entries_of(Revocation("base", FILES, "wrong", said, ADA.keyid, logged))
        assert (item.time, is_void(item, root)) == (logged or NOON, void)
