from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from pedigree.trust.changes import changes
from pedigree.trust.root import Holder, Role
from trust.office import LATER, PEOPLE, Office


def test_the_first_version_gives_everybody_a_role(tmp_path: Path) -> None:
    office = Office(tmp_path)
    told = set(changes(None, office.root()))
    assert told == {
        f"{name} has the role {role} by the key sha256:{office.key(name).fingerprint}" for name, role in PEOPLE.items()
    }


def test_whatever_differs_is_told_and_nothing_else(tmp_path: Path) -> None:
    office = Office(tmp_path)
    first = office.root()
    assert list(changes(first, replace(first, version=2, replaces=first.digest, note="nothing"))) == []
    lea, ray, bea, olga = (office.key(name) for name in ("Lea", "Ray", "Bea", "Olga"))
    holders = {keyid: holder for keyid, holder in first.holders.items() if keyid != bea.keyid}
    holders[lea.keyid] = replace(holders[lea.keyid], retired=LATER)
    holders[ray.keyid] = replace(holders[ray.keyid], name="Rita")
    new = office.key("Linus")
    holders[new.keyid] = Holder("Linus", new)
    roles = {
        **first.roles,
        "builder": Role(frozenset(), 1),
        "legal": Role(frozenset({lea.keyid, new.keyid}), 1),
        "quality": replace(first.roles["quality"], keyids=first.roles["quality"].keyids | {olga.keyid}),
        "owner": Role(first.roles["owner"].keyids - {olga.keyid}, 3),
    }
    second = replace(first, version=2, replaces=first.digest, holders=holders, roles=roles, approvals=("legal",))
    assert set(changes(first, second)) == {
        f"the key sha256:{bea.fingerprint} of Bea, builder, is no longer listed",
        f"the key sha256:{lea.fingerprint} of Lea, legal, is retired at {LATER}",
        f"the key sha256:{ray.fingerprint} is called Rita's instead of Ray's",
        f"Linus has the role legal by the key sha256:{new.fingerprint}",
        f"Olga has the role quality by the key sha256:{olga.fingerprint}",
        "the role owner takes 3 signatures instead of 1",
        "a base model is approved by legal instead of legal and quality",
    }
    assert f"the key sha256:{lea.fingerprint} of Lea, legal, is in use again" in set(changes(second, first))
