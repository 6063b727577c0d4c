"""Evidence of two builds, each validly signed, put together: to show the better half of each.

The attacker can have everything signed that closes a release (graph, summary, sums, delivery), because the service that
seals signs what it is given. Records of runs and links of steps he has from builds that took place, and cannot forge.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from attacks.on_release import FILES, GRAPH, LINEAGE, SUMMARY, close_again, found_by, require_layers, sealed
from pedigree.trust import authority, pair
from pedigree.trust.errors import Refused
from pedigree.trust.lineage import provenance_file
from pedigree.trust.owners import word_in_force
from pedigree.trust.pair import layout_path, plan_path
from pedigree.trust.public import PublicKey
from pedigree.trust.signers import signer_public_key
from trust.builder import RELEASE, closure_of_demo, make_key, with_changes
from trust.forge import link_of
from trust.office import Office
from trust.plans import demo_plan, sign_plan

SFT, HELD_OUT = "models.demo.sft", "datasets.demo.heldout"
PLATFORM = "https://builders.example.org/attested"


@pytest.fixture(scope="module")
def uri(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_key(tmp_path_factory.mktemp("key") / "signer.pem")


@pytest.fixture(scope="module")
def public(uri: str) -> PublicKey:
    return signer_public_key(uri)


@pytest.fixture
def release(tmp_path: Path, uri: str) -> Path:
    """What a workstation built."""
    return sealed(tmp_path / "one", uri, *closure_of_demo())


@pytest.fixture
def other(tmp_path: Path, uri: str) -> Path:
    """The same, of which a trusted platform trained the model; bytes are the same, as they should be."""
    records, delivered = closure_of_demo()
    return sealed(tmp_path / "two", uri, with_changes(records, SFT, builder=PLATFORM), delivered)


def test_closing_a_release_again_changes_nothing_that_is_checked(release: Path, uri: str, public: PublicKey) -> None:
    close_again(release, uri, public)
    assert found_by(release, public) == {}


def test_provenance_of_another_build_is_found(release: Path, other: Path, uri: str, public: PublicKey) -> None:
    """The training seems to have run on the trusted platform."""
    path = provenance_file(SFT)
    shutil.copyfile(other / path, release / path)
    close_again(release, uri, public)
    assert set(found_by(release, public)) == {LINEAGE}
    assert found_by(release, public, off=LINEAGE) == {}


def test_a_link_of_another_build_is_found(release: Path, other: Path, uri: str, public: PublicKey) -> None:
    shutil.copyfile(link_of(other, HELD_OUT), link_of(release, HELD_OUT))
    close_again(release, uri, public)
    assert found_by(release, public) == {LINEAGE: f"the link of '{HELD_OUT}' is of another lineage"}
    assert found_by(release, public, off=LINEAGE) == {}


def test_provenance_and_links_of_a_step_of_another_build_are_found(
    release: Path, other: Path, uri: str, public: PublicKey
) -> None:
    for step in (SFT, HELD_OUT):
        shutil.copyfile(link_of(other, step), link_of(release, step))
        shutil.copyfile(other / provenance_file(step), release / provenance_file(step))
    close_again(release, uri, public)
    assert set(found_by(release, public)) == {LINEAGE}
    assert found_by(release, public, off=LINEAGE) == {}


def test_without_the_sealing_service_the_files_are_found_as_well(release: Path, other: Path, public: PublicKey) -> None:
    path = provenance_file(SFT)
    shutil.copyfile(other / path, release / path)
    require_layers(release, public, (LINEAGE, FILES, SUMMARY, GRAPH))


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_an_older_plan_that_is_put_back_is_found_by_the_snapshot(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The owners signed both plans; the attacker can write to the repository and has nobody's key."""
    root = office.publish_root(office.root(), "Olga")
    sign_plan(office, demo_plan(version=1), root, "Olga")
    older = {path: office.files[path] for path in (plan_path(RELEASE), layout_path(RELEASE))}
    sign_plan(office, demo_plan(version=2), root, "Olga")
    office.publish_snapshot(root)
    office.files.update(older)
    with pytest.raises(Refused, match="is not the file that the snapshot lists"):
        office.authority(root)
    monkeypatch.setattr(authority, "_require_listed", lambda *_: None)
    word = word_in_force(office.authority(root), RELEASE)
    assert word is not None and word.plan.version == 1


def test_a_layout_of_one_plan_with_another_plan_is_found_by_its_digest(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here even quality listed the two together: the plan names its layout."""
    root = office.publish_root(office.root(), "Olga")
    sign_plan(office, demo_plan(version=1), root, "Olga")
    older = office.files[layout_path(RELEASE)]
    plan = sign_plan(office, demo_plan(version=2), root, "Olga")
    office.files[layout_path(RELEASE)] = older
    office.publish_snapshot(root)
    with pytest.raises(Refused, match="goes with another layout"):
        word_in_force(office.authority(root), RELEASE)
    # As if any layout had the digest that the plan names.
    monkeypatch.setattr(pair, "sha256_bytes", lambda _: plan.layout)
    assert word_in_force(office.authority(root), RELEASE) is not None
