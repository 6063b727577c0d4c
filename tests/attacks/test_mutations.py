"""Mutations: sign, change one byte anywhere, and it must fail. 10,000 of them, over every kind of document.

Small documents are changed at each byte, large ones at bytes chosen by a generator with a seed; each time by a bit
pattern that differs from the byte. Each mutated file is read by the code that reads it in a release.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from securesystemslib.signer import Signer  # type: ignore[attr-defined]

from log.writing import append, event, last_head
from pedigree.log.head import open_head
from pedigree.step.record import WORKSTATION
from pedigree.trust import registered, verify
from pedigree.trust import root as roots
from pedigree.trust.admit import speakers
from pedigree.trust.chain import next_root
from pedigree.trust.decisions import open_approval, open_revocation
from pedigree.trust.envelope import open_bundle, open_envelope, sign_bundle, sign_envelope
from pedigree.trust.errors import MalformedEvidence, Refused
from pedigree.trust.evidence import Delivered
from pedigree.trust.owners import owners_word
from pedigree.trust.pair import layout_path, plan_path
from pedigree.trust.places import BUNDLE, ENTRY
from pedigree.trust.provenance import provenance
from pedigree.trust.public import PublicKey
from pedigree.trust.registered import open_entries
from pedigree.trust.revocations import revocation_paths
from pedigree.trust.root import first_root
from pedigree.trust.signers import load_signer, signer_public_key
from pedigree.trust.snapshot import open_snapshot
from pedigree.trust.sums import SEAL, SUMS
from trust.builder import RELEASE, build_release, record
from trust.forge import link_of
from trust.office import Office
from trust.plans import demo_plan, sign_plan
from trust.published import put_in_force

MUTATIONS = 10_000
SMALL = 1_200  # bytes
SEED = 20_261_121
Open = Callable[[bytes], object]
KINDS = (
    "envelope", "bundle", "provenance", "link", "layout", "model.sig", "log head", "trust root", "next trust root",
    "snapshot", "approval", "entry", "revocation", "plan", "owners' layout", "run record",
)  # fmt: skip


class Mutant:
    """A source of changed bytes, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def at(self, data: bytes, position: int) -> bytes:
        """The data with another byte at a position."""
        return data[:position] + bytes([data[position] ^ self._random.randrange(1, 256)]) + data[position + 1 :]

    def positions(self, data: bytes, count: int) -> list[int]:
        """Every byte of small data, else as many as asked for."""
        return list(range(len(data))) if len(data) <= SMALL else self._random.choices(range(len(data)), k=count)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """Somebody signed a document of every kind that people sign."""
    office = Office(tmp_path_factory.mktemp("office"))
    put_in_force(office)
    office.revoke("Lea", "dataset", {"records.jsonl": "ab" * 32})
    sign_plan(office, demo_plan(), office.root(), "Olga")
    office.publish_snapshot(office.root(), 2)
    return office


@pytest.fixture(scope="module")
def uri(office: Office) -> str:
    return office.uri("Ray")


@pytest.fixture(scope="module")
def public(uri: str) -> PublicKey:
    return signer_public_key(uri)


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory, uri: str) -> Path:
    return build_release(tmp_path_factory.mktemp("release") / "work", uri)


@pytest.fixture(scope="module")
def documents(
    pristine: Path, office: Office, uri: str, public: PublicKey, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[bytes, Open]]:
    """Kind -> a signed document, and how it is opened."""
    signer, said = load_signer(uri, public), {"_type": "link", "name": "x"}
    log = f"sqlite://{tmp_path_factory.mktemp('log') / 'log.db'}"
    append(log, [event()], uri)
    keys = {public.keyid: public}
    (attested, *_) = sorted((pristine / "attestations").glob("*.provenance.sigstore.json"))

    def bundle(data: bytes) -> object:
        return open_bundle(data, public, "the bundle")

    def envelope(data: bytes) -> object:
        return open_envelope(data, public, "the envelope")

    return {
        "envelope": (sign_envelope(said, signer), envelope),
        "bundle": (sign_bundle(said, signer, public), bundle),
        "provenance": (attested.read_bytes(), bundle),
        "link": (link_of(pristine, "models.demo.demo").read_bytes(), envelope),
        "layout": ((pristine / "attestations/root.layout").read_bytes(), envelope),
        "model.sig": ((pristine / "model.sig").read_bytes(), bundle),
        "log head": (last_head(log), lambda data: open_head(data, keys, "the head")),
        **of_people(office),
        "run record": run_record(signer, public),
    }


def of_people(office: Office) -> dict[str, tuple[bytes, Open]]:
    """Kind -> a document that people sign, and how it is opened under the trust root."""
    files, none = office.files, frozenset[str]()
    root = first_root(files["root/1.json"], "the root")
    following = roots.draft(replace(root, version=2, replaces=root.digest))
    approval, *_ = (path for path in sorted(files) if path.startswith("approvals/") and path.endswith(BUNDLE))
    (revocation,) = revocation_paths(files)
    entry = f"{approval.rpartition('/')[0]}/{ENTRY}"

    def word(path: str) -> tuple[bytes, Open]:
        return files[path], lambda data: owners_word({**files, path: data}, root, none, RELEASE)

    return {
        "trust root": (files["root/1.json"], lambda data: first_root(data, "the root")),
        "next trust root": (office.sign(following, "Olga"), lambda data: next_root(root, data, "the next root")),
        "snapshot": (files["snapshot.json"], lambda data: open_snapshot(data, root, none, "the snapshot")),
        "approval": (files[approval], lambda data: open_approval(data, root, "the approval")),
        "entry": (files[entry], lambda data: open_entries({**files, entry: data}, root, none)),
        "revocation": (files[revocation], lambda data: open_revocation(data, root, "the revocation")),
        "plan": word(plan_path(RELEASE)),
        "owners' layout": word(layout_path(RELEASE)),
    }


def run_record(signer: Signer, public: PublicKey) -> tuple[bytes, Open]:
    """What a builder signed of a run, and how it is believed."""
    step = record("models/demo:sft", "finetune", "pedigree.training.sft", {"training.json": b"{}"})

    def believed(data: bytes) -> object:
        for builder in speakers(data, step, {public: WORKSTATION}):
            return builder
        raise Refused("nobody who is believed says so")

    return sign_bundle(provenance(step), signer, public), believed


def survivors(data: bytes, opened: Open, positions: list[int], mutant: Mutant) -> list[int]:
    """Positions at which another byte was not noticed."""
    found = []
    for position in positions:
        try:
            opened(mutant.at(data, position))
        except (MalformedEvidence, Refused):
            continue
        found.append(position)
    return found


def test_no_signed_document_opens_with_another_byte(documents: dict[str, tuple[bytes, Open]]) -> None:
    assert set(documents) == set(KINDS)
    mutant, tried = Mutant(SEED), 0
    share = MUTATIONS // sum(len(data) > SMALL for data, _ in documents.values()) + 1
    for kind, (data, opened) in documents.items():
        opened(data)  # which is what a mutation has to break
        positions = mutant.positions(data, share)
        assert survivors(data, opened, positions, mutant) == [], kind
        tried += len(positions)
    assert tried >= MUTATIONS


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "entry"])
def test_with_signatures_off_another_byte_gets_through(
    documents: dict[str, tuple[bytes, Open]], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PublicKey, "verifies", lambda self, signature, data: True)
    data, opened = documents[kind]
    # Of a plan and its layout each binds the other, so that with signatures off only these go by unnoticed.
    signature = data.index(b'"sig":"') + len(b'"sig":"')
    assert survivors(data, opened, list(range(signature, signature + 90)), Mutant(SEED))


def test_an_entry_that_its_approvals_do_not_bind_may_have_another_byte(
    documents: dict[str, tuple[bytes, Open]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registered, "_approvals", lambda *_: iter(()))
    mutant = Mutant(SEED)
    data, opened = documents["entry"]
    assert survivors(data, opened, mutant.positions(data, SMALL), mutant)


@pytest.fixture
def release(pristine: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(pristine, tmp_path / "release"))


def failed(release: Path, public: PublicKey) -> list[int]:
    return [check.number for check in verify.verify_release(release, public).checks if not check.holds]


def test_sums_with_another_byte_are_found_by_check_8(release: Path, public: PublicKey) -> None:
    path, mutant = release / SUMS, Mutant(SEED)
    data = path.read_bytes()
    check_8 = verify.CHECKS[7][1]
    check_8(Delivered(release, public))
    for position in random.Random(SEED).sample(range(len(data)), 100):
        path.write_bytes(mutant.at(data, position))
        with pytest.raises(Refused):
            check_8(Delivered(release, public))
    assert 8 in failed(release, public)


def test_a_release_with_another_byte_in_any_file_is_found_by_check_8_and_alone_where_only_sums_cover_it(
    release: Path, public: PublicKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert failed(release, public) == []
    mutant, chosen = Mutant(SEED), random.Random(SEED)
    files = [path for path in sorted(release.rglob("*")) if path.is_file() and path.stat().st_size]
    checks = [
        (claim, (lambda delivered: "off") if at == 8 else check) for at, (claim, check) in enumerate(verify.CHECKS, 1)
    ]
    alone = set()
    for path in [*files, *chosen.choices(files, k=20)]:
        data, position = path.read_bytes(), chosen.randrange(path.stat().st_size)
        path.write_bytes(mutant.at(data, position))
        found = failed(release, public)
        with monkeypatch.context() as off:
            off.setattr(verify, "CHECKS", tuple(checks))
            behind = failed(release, public)
        path.write_bytes(data)
        assert found == sorted([8, *behind]), path.relative_to(release)
        alone |= set() if behind else {str(path.relative_to(release))}
    assert {"VERIFY.md", "MODEL_CARD.md", SUMS, SEAL} <= alone
