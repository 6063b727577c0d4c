"""A trust root of one's own in the place of the one that a verifier was handed, or as the version that follows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from attacks.on_release import APPROVED, FRESH, PLAN, REVOKED, ROOT, SEALER, found_by
from attacks.verifier import EVIL, Verifier, started
from pedigree.trust import authority, chain
from pedigree.trust import root as roots
from pedigree.trust.errors import Refused
from pedigree.trust.inforce import Trust
from pedigree.trust.root import TrustRoot, first_root
from trust.office import LATER, Office
from trust.published import sealed_in

NOW = datetime(2026, 2, 1, tzinfo=UTC)


@pytest.fixture
def honest(tmp_path: Path) -> Verifier:
    """He who was handed the true root."""
    (tmp_path / "honest").mkdir()
    return started(tmp_path / "honest")[2]


@pytest.fixture
def strangers(tmp_path: Path) -> Office:
    """An office of the same names and roles, whose keys are all the attacker's; it approves an evil model."""
    (tmp_path / "strangers").mkdir()
    office, root, _ = started(tmp_path / "strangers")
    office.approve(office.propose("models/base:evil", EVIL), "Quentin", "Lea")
    office.publish_snapshot(root)
    return office


def test_another_root_is_found_by_the_digest_of_the_one_that_is_believed(honest: Verifier, strangers: Office) -> None:
    with pytest.raises(Refused, match="version 1 of the trust root is another one than the one that is believed"):
        honest.believes(strangers.files)


def test_with_that_off_nobody_has_signed_what_is_beside_it(
    honest: Verifier, strangers: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain, "_require_anchored", lambda *_: None)
    with pytest.raises(Refused, match="snapshot.json, by quality, has 0 of the 1 signatures"):
        honest.believes(strangers.files)


def test_control_off_who_believes_the_root_that_lies_there_believes_it_all(
    honest: Verifier, strangers: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk = chain.walk_roots

    def from_what_lies_there(files: dict[str, bytes], _: TrustRoot, *further: object) -> tuple[TrustRoot, ...]:
        return walk(files, first_root(files["root/1.json"], "it"), *further)  # type: ignore[arg-type]

    monkeypatch.setattr(authority, "walk_roots", from_what_lies_there)
    assert honest.believes(strangers.files).approved("evil", EVIL)


def test_a_release_of_strangers_is_found_by_all_that_goes_by_the_root_and_by_nothing_else(
    honest: Verifier, strangers: Office, tmp_path: Path
) -> None:
    office = Office(strangers.directory)
    release, public = sealed_in(office, tmp_path / "work", "Ray"), office.key("Ray")
    whom = Trust(honest.anchor, None, None, NOW, None)
    assert tuple(found_by(release, public, (), whom)) == (ROOT, SEALER, APPROVED, REVOKED, PLAN, FRESH)
    # Control off: whoever was handed no root, or the strangers', has only their key to go by.
    assert found_by(release, public) == {}
    assert found_by(release, public, (), replace(whom, anchor=office.root())) == {}


def by_nobody(office: Office, root: TrustRoot) -> tuple[TrustRoot, tuple[str, ...]]:
    """The next version has one owner, the attacker, who signed it."""
    office.people["Mallory"] = "owner"
    second = office.root(2, root.digest)
    only = replace(
        second.roles["owner"], keyids=frozenset([*second.roles["owner"].keyids, office.key("Mallory").keyid])
    )
    second = replace(second, roles={**second.roles, "owner": only})
    return office.retired(office.retired(second, "Olga"), "Otto"), ("Mallory",)


def by_too_few(office: Office, root: TrustRoot) -> tuple[TrustRoot, tuple[str, ...]]:
    """One of two owners signs that one is enough from now on."""
    return office.root(2, root.digest), ("Olga",)


def not_by_itself(office: Office, root: TrustRoot) -> tuple[TrustRoot, tuple[str, ...]]:
    """Owners make somebody owner who never signed: perhaps nobody has that key."""
    office.people["Mallory"] = "owner"
    return office.root(2, root.digest, owners=3), ("Olga", "Otto")


Next = Callable[[Office, TrustRoot], tuple[TrustRoot, tuple[str, ...]]]
NEXT: tuple[tuple[Next, str], ...] = (
    (by_nobody, "root/2.json, by the owners of version 1 has 0 of the 2 signatures"),
    (by_too_few, "root/2.json, by the owners of version 1 has 1 of the 2 signatures"),
    (not_by_itself, "root/2.json, by its own owners has 2 of the 3 signatures"),
)


@pytest.mark.parametrize(("forge", "words"), NEXT)
def test_the_next_version_is_found_by_counting_owners_of_both(
    tmp_path: Path, forge: Next, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Office(tmp_path)
    office.people["Quirin"] = "quality"
    root = office.publish_root(office.root(owners=2), "Olga", "Otto")
    verifier = Verifier(tmp_path / "memory", root)
    second, signers = forge(office, root)
    office.publish_root(second, *signers)
    office.publish_snapshot(second)
    with pytest.raises(Refused, match=words):
        verifier.believes(office.files)
    monkeypatch.setattr(chain, "next_root", lambda _, data, path: roots.parse_root(data, path)[0])
    assert verifier.believes(office.files).root == second


def drops_a_holder(office: Office, second: TrustRoot) -> TrustRoot:
    """Whoever is dropped never approved anything."""
    del office.people["Lea"]
    office.people["Linus"] = "legal"
    return office.root(2, second.replaces)


def renames_a_holder(office: Office, second: TrustRoot) -> TrustRoot:
    """What one person signed becomes another's word."""
    lea = office.key("Lea").keyid
    return replace(second, holders={**second.holders, lea: replace(second.holders[lea], name="Linus")})


def gives_a_key_another_role(office: Office, second: TrustRoot) -> TrustRoot:
    """What was signed to stop something becomes an approval."""
    office.people |= {"Otto": "legal"}
    return office.root(2, second.replaces)


def puts_a_key_back_into_use(office: Office, second: TrustRoot) -> TrustRoot:
    """Which was retired, and perhaps stolen since."""
    return second


CHANGES = (
    (drops_a_holder, "drops the key"),
    (renames_a_holder, "renames the holder of the key"),
    (gives_a_key_another_role, "gives the key .* the role legal instead of owner"),
    (puts_a_key_back_into_use, "puts the key .* back into use"),
)


@pytest.mark.parametrize(("change", "words"), CHANGES)
def test_what_no_version_may_change_is_found_whoever_signed_it(
    tmp_path: Path, change: Callable[[Office, TrustRoot], TrustRoot], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = Office(tmp_path)
    office.people["Quirin"] = "quality"
    root = office.publish_root(office.retired(office.root(), "Quirin", LATER), "Olga")
    verifier = Verifier(tmp_path / "memory", root)
    second = change(office, office.root(2, root.digest))
    if change is not puts_a_key_back_into_use:
        second = office.retired(second, "Quirin", LATER)
    office.publish_root(second, "Olga")
    office.publish_snapshot(second)
    with pytest.raises(Refused, match=words):
        verifier.believes(office.files)
    monkeypatch.setattr(chain, "require_lasting", lambda *_: None)
    assert verifier.believes(office.files).root == second
