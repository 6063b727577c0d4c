"""What `Delivered` does so that large and hostile releases cost little."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pedigree.step.digests import sha256_bytes
from pedigree.trust import evidence
from pedigree.trust.envelope import envelope_payload
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.evidence import Delivered
from pedigree.trust.once import once
from pedigree.trust.public import PublicKey
from pedigree.trust.reading import LARGEST_DELIVERED
from pedigree.trust.sharing import Shared
from pedigree.trust.verify import verify_release
from trust.forge import link_of, payload, resign

LAYOUT = "attestations/root.layout"
SFT = "models.demo.sft"
SHA = "ab" * 32


def test_what_is_opened_says_what_was_signed(release: Path, public: PublicKey) -> None:
    delivered = Delivered(release, public)
    for name in delivered.step_names:
        assert delivered.provenance[name] == payload(release / f"attestations/{name}.provenance.sigstore.json")
        assert delivered.links[name] == payload(link_of(release, name))
    assert delivered.layout == payload(release / LAYOUT)


def test_what_two_steps_say_alike_is_kept_once(release: Path, public: PublicKey) -> None:
    delivered = Delivered(release, public)
    one, two = (delivered.parameters(name)["packages"] for name in (SFT, "models.base.tiny"))
    assert one is two
    sides = [delivered.links["models.base.tiny"]["products"], delivered.links[SFT]["materials"]]
    assert sides[0]["model/config.json"] is sides[1]["inputs/base/model/config.json"]


@pytest.mark.parametrize("value", [{"sha256": "AB" * 32}, {"sha256": SHA, "sha512": "x"}, {"sha512": SHA}, SHA, {}])
def test_a_digest_set_that_is_not_one_sha256_is_refused_also_when_its_digest_is_known(value: object) -> None:
    shared = Shared()
    shared.artifacts({"known": {"sha256": SHA}})
    with pytest.raises((KeyError, TypeError, ValueError)):
        shared.artifacts({"path": value})  # type: ignore[dict-item]


def test_true_does_not_pass_for_1(release: Path, uri: str, public: PublicKey) -> None:
    def change(document: dict[str, dict[str, dict[str, dict[str, dict[str, object]]]]]) -> None:
        document["predicate"]["buildDefinition"]["internalParameters"]["environment"]["LANG"] = 1

    resign(release / f"attestations/{SFT}.provenance.sigstore.json", uri, public, change)
    assert not verify_release(release, public).holds


@pytest.mark.parametrize("place", ["products", "materials"])
def test_a_link_with_a_digest_that_is_none_is_refused(release: Path, uri: str, public: PublicKey, place: str) -> None:
    resign(link_of(release, SFT), uri, public, lambda link: link[place].update(added={"sha256": "zz"}))
    with pytest.raises(MalformedEvidence, match=f"{place} must be one SHA-256"):
        _ = Delivered(release, public).links


def test_a_file_is_hashed_as_it_was_when_it_was_checked(release: Path, public: PublicKey) -> None:
    delivered = Delivered(release, public)
    before = delivered.read("SHA256SUMS")
    (release / "SHA256SUMS").write_bytes(before + b"x")
    assert delivered.digests["SHA256SUMS"] == sha256_bytes(before)
    with pytest.raises(Refused, match="SHA256SUMS was changed while it was read"):
        delivered.read("SHA256SUMS")


def test_a_file_that_was_hashed_must_be_the_same_when_it_is_read(release: Path, public: PublicKey) -> None:
    delivered = Delivered(release, public)
    assert delivered.digests["MODEL_CARD.md"] == sha256_bytes(delivered.read("MODEL_CARD.md"))
    (release / "MODEL_CARD.md").write_bytes(b"# Another")
    with pytest.raises(Refused, match="MODEL_CARD.md was changed while it was read"):
        delivered.read("MODEL_CARD.md")


def test_evidence_that_is_too_large_is_refused_unread(release: Path, public: PublicKey) -> None:
    with open(release / LAYOUT, "r+b") as stream:
        stream.truncate(LARGEST_DELIVERED + 1)  # a hole, which takes no disk
    with pytest.raises(Refused, match="is larger than"):
        Delivered(release, public).read(LAYOUT)


def test_a_pipe_in_the_place_of_evidence_is_refused_at_once(release: Path, public: PublicKey) -> None:
    (release / LAYOUT).unlink()
    os.mkfifo(release / LAYOUT)
    with pytest.raises(Refused, match="is not a regular file"):
        Delivered(release, public).read(LAYOUT)


def test_evidence_behind_a_link_is_refused(release: Path, public: PublicKey) -> None:
    (release / LAYOUT).rename(release.parent / "layout")
    (release / LAYOUT).symlink_to(release.parent / "layout")
    with pytest.raises(Refused, match=LAYOUT):
        Delivered(release, public).read(LAYOUT)


def test_forged_evidence_is_opened_once(release: Path, public: PublicKey, monkeypatch: pytest.MonkeyPatch) -> None:
    forged = link_of(release, "sources")
    forged.write_bytes(forged.read_bytes().replace(b"sig", b"gis"))
    opened: list[str] = []

    def counting(data: bytes, key: PublicKey, origin: str) -> bytes:
        opened.append(origin)
        return envelope_payload(data, key, origin)

    monkeypatch.setattr(evidence, "envelope_payload", counting)
    assert not verify_release(release, public).holds
    assert opened.count(f"attestations/links/{forged.name}") == 1


def test_a_property_that_fails_fails_again_without_being_computed() -> None:
    class Counting:
        calls = 0

        @once
        def value(self) -> int:
            Counting.calls += 1
            raise ValueError("no")

    counting = Counting()
    for _ in range(2):
        with pytest.raises(ValueError, match="no"):
            _ = counting.value
    assert Counting.calls == 1
