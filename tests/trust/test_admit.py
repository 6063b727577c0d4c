"""Which results enter a release: those that a believed key says to have seen made, and no others."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pedigree.step.canonical import canonical_json
from pedigree.step.errors import ToolError
from pedigree.step.record import Record
from pedigree.trust.admit import admit, main
from pedigree.trust.attest import attest, run_file
from pedigree.trust.attestations import write_attestation
from pedigree.trust.envelope import sign_bundle
from pedigree.trust.provenance import provenance
from pedigree.trust.public import public_key
from pedigree.trust.signers import signer_public_key
from trust.builder import make_key, record, who_ran
from trust.office import LATER, Office


@pytest.fixture
def step() -> Record:
    """A step that ran."""
    return record("models/demo:sft", "finetune", "pedigree.training.sft", {"training.json": b"{}"})


@pytest.fixture
def keyed(tmp_path: Path) -> Callable[[str], tuple[str, bytes]]:
    """Makes a signer: its URI, and its public key."""

    def make(name: str) -> tuple[str, bytes]:
        uri = make_key(tmp_path / f"{name}.pem")
        return uri, signer_public_key(uri).pem.encode()

    return make


def machine(directory: Path, own: bytes, **builders: bytes) -> Path:
    """What a machine with this key and these builders' keys has at hand."""
    (directory / "builders").mkdir(parents=True)
    (directory / "records").mkdir()
    (directory / "runs").mkdir()
    (directory / "signer.pub").write_bytes(own)
    for name, pem in builders.items():
        (directory / "builders" / f"{name}.pub").write_bytes(pem)
    return directory


def run(directory: Path, step: Record, uri: str) -> bytes:
    """Run a step on a machine: its signed record."""
    (directory / "record.json").write_bytes(canonical_json(step.to_json()))
    attest(directory, uri)
    return run_file(directory, step).read_bytes()


def result(directory: Path, step: Record, signed: bytes | None = None) -> Path:
    """A result that a cache gave a machine, perhaps with a signed record."""
    (directory / "records" / f"{step.name}.json").write_bytes(canonical_json(step.to_json()))
    if signed is not None:
        (directory / "runs" / step.name).mkdir(exist_ok=True)
        (directory / "runs" / step.name / "somebody.json").write_bytes(signed)
    return directory


Keyed = Callable[[str], tuple[str, bytes]]


def test_what_this_machine_ran_is_admitted(tmp_path: Path, step: Record, keyed: Keyed) -> None:
    uri, public = keyed("own")
    here = machine(tmp_path / "here", public)
    run(here, step, uri)
    assert who_ran(result(here, step)) == ({step.name: "workstation"}, [])


def test_a_result_that_nobody_vouches_for_is_refused(
    tmp_path: Path, step: Record, keyed: Keyed, capsys: pytest.CaptureFixture[str]
) -> None:
    here = result(machine(tmp_path / "here", keyed("own")[1]), step)
    assert who_ran(here) == ({}, [step.name])
    assert main([str(here)]) == 3
    assert json.loads(capsys.readouterr().out) == {"builders": {}, "vouched": {}, "refused": [step.name]}


def test_the_run_of_a_listed_builder_is_admitted_under_its_name(tmp_path: Path, step: Record, keyed: Keyed) -> None:
    uri, public = keyed("ci")
    signed = run(machine(tmp_path / "ci", public, ci=public), step, uri)
    here = machine(tmp_path / "here", keyed("own")[1], ci=public)
    assert who_ran(result(here, step, signed)) == ({step.name: "ci"}, [])
    words, _ = admit(here)
    assert words[step.name].vouched == public_key(public, "ci.pub").fingerprint


def test_the_run_of_a_builder_that_is_not_listed_is_refused(tmp_path: Path, step: Record, keyed: Keyed) -> None:
    uri, public = keyed("stranger")
    signed = run(machine(tmp_path / "there", public), step, uri)
    here = machine(tmp_path / "here", keyed("own")[1], ci=keyed("ci")[1])
    assert who_ran(result(here, step, signed)) == ({}, [step.name])


def test_a_listed_builder_speaks_under_its_own_name_alone(tmp_path: Path, step: Record, keyed: Keyed) -> None:
    uri, public = keyed("ci")
    signed = run(machine(tmp_path / "there", public, other=public), step, uri)
    here = machine(tmp_path / "here", keyed("own")[1], ci=public)
    assert who_ran(result(here, step, signed)) == ({}, [step.name])


@pytest.mark.parametrize(
    "forged",
    [
        lambda step: replace(step, products={"training.json": "0" * 64}),
        lambda step: replace(step, materials=dict.fromkeys(step.materials, "0" * 64)),
        lambda step: replace(step, config={"seed": 18}),
        lambda step: replace(step, tool=replace(step.tool, packages_sha256="0" * 64)),
        lambda step: replace(step, tool=replace(step.tool, interpreter_sha256="0" * 64)),
        lambda step: replace(step, properties={"pool": "gpu"}),
        lambda step: replace(step, accelerator={"name": "NVIDIA H200"}),
    ],
)
def test_a_record_vouches_for_just_the_result_that_it_names(
    tmp_path: Path, step: Record, keyed: Keyed, forged: Callable[[Record], Record]
) -> None:
    uri, public = keyed("ci")
    signed = run(machine(tmp_path / "ci", public, ci=public), step, uri)
    here = machine(tmp_path / "here", keyed("own")[1], ci=public)
    assert who_ran(result(here, forged(step), signed)) == ({}, [step.name])


def test_a_step_of_workers_keeps_the_name_of_their_platform(tmp_path: Path, step: Record, keyed: Keyed) -> None:
    uri, public = keyed("ci")
    remote = replace(step, builder="cpu-workers", properties={"pool": "cpu"})
    signed = run(machine(tmp_path / "ci", public, ci=public), remote, uri)
    here = machine(tmp_path / "here", keyed("own")[1], ci=public)
    assert who_ran(result(here, remote, signed)) == ({step.name: "cpu-workers"}, [])
    assert who_ran(result(here, replace(step, properties={"pool": "cpu"}), signed)) == ({}, [step.name])


def test_workers_that_nobody_has_listed_are_a_workstation(tmp_path: Path, step: Record, keyed: Keyed) -> None:
    uri, public = keyed("own")
    here = machine(tmp_path / "here", public)
    remote = replace(step, builder="cpu-workers", properties={"pool": "cpu"})
    run(here, remote, uri)
    assert who_ran(result(here, remote)) == ({step.name: "workstation"}, [])


def test_no_key_may_be_listed_as_a_workstation(tmp_path: Path, step: Record, keyed: Keyed) -> None:
    public = keyed("own")[1]
    with pytest.raises(ToolError, match=r"'workstation\.pub' has the name of builders that are not listed"):
        admit(result(machine(tmp_path / "here", public, workstation=public), step))


@pytest.mark.parametrize("rubbish", [b"", b"[]", b'{"a":"\\ud800"}', b"[" * 100_000, b"\xff", b"null"])
def test_rubbish_of_a_cache_is_no_record_and_no_crash(
    tmp_path: Path, step: Record, keyed: Keyed, rubbish: bytes
) -> None:
    assert who_ran(result(machine(tmp_path / "here", keyed("own")[1]), step, rubbish)) == ({}, [step.name])


def test_every_byte_of_a_signed_record_counts(tmp_path: Path, step: Record, keyed: Keyed) -> None:
    uri, public = keyed("ci")
    signed = run(machine(tmp_path / "ci", public, ci=public), step, uri)
    here = machine(tmp_path / "here", keyed("own")[1], ci=public)
    for place in range(0, len(signed), 37):
        broken = signed[:place] + bytes([signed[place] ^ 1]) + signed[place + 1 :]
        assert who_ran(result(here, step, broken)) == ({}, [step.name]), place


def test_what_a_cache_gives_does_not_hide_what_this_machine_signed(tmp_path: Path, step: Record, keyed: Keyed) -> None:
    uri, public = keyed("own")
    here = machine(tmp_path / "here", public)
    run(here, step, uri)
    assert who_ran(result(here, step, b"rubbish")) == ({step.name: "workstation"}, [])


@pytest.fixture
def office(tmp_path: Path) -> Office:
    (tmp_path / "office").mkdir()
    office = Office(tmp_path / "office")
    office.publish_snapshot(office.publish_root(office.root(), "Olga"))
    return office


def under(office: Office, directory: Path) -> Path:
    """A machine that has what the office put in force."""
    for path, data in office.files.items():
        write_attestation(directory / "attestations", path, data)
    return directory


def farmed(office: Office, directory: Path, step: Record, builder: str, own: str = "Dev") -> Path:
    """A machine with somebody's own key, which names somebody's key as the builder `farm`, and a run of the farm."""
    key = office.key(builder)
    signed = sign_bundle(provenance(replace(step, builder="farm")), office.signer(builder), key)
    here = machine(directory, office.key(own).pem.encode(), farm=key.pem.encode())
    return under(office, result(here, step, signed))


@pytest.mark.parametrize("builder", ["Bea", "Ray"])
def test_where_there_is_a_trust_root_its_builders_are_believed(
    tmp_path: Path, step: Record, office: Office, builder: str
) -> None:
    assert who_ran(farmed(office, tmp_path / "here", step, builder)) == ({step.name: "farm"}, [])


@pytest.mark.parametrize("builder", ["Stranger", "Quentin"])
def test_a_key_to_which_the_trust_root_does_not_give_the_role_is_no_builder(
    tmp_path: Path, step: Record, office: Office, builder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert who_ran(farmed(office, tmp_path / "here", step, builder)) == ({}, [step.name])
    told = "farm.pub is not believed: the trust root does not give it the role builder or release\n"
    assert capsys.readouterr().err == told


def test_a_builder_that_is_revoked_is_believed_no_more_listed_by_the_snapshot_or_not(
    tmp_path: Path, step: Record, office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    office.revoke("Quentin", "key", {"Bea": office.key("Bea").fingerprint}, "it was copied")
    assert who_ran(farmed(office, tmp_path / "here", step, "Bea")) == ({}, [step.name])
    told = "farm.pub is not believed: the key of Bea (builder) is revoked by Quentin: it was copied\n"
    assert capsys.readouterr().err == told


def retired(office: Office, name: str) -> None:
    """Publish a trust root in which somebody's key is retired, and somebody else has the role."""
    first, keyid = office.root(), office.key(name).keyid
    office.people["Successor"] = office.people[name]
    second = office.root(2, first.digest)
    holders = {**second.holders, keyid: replace(second.holders[keyid], retired=LATER)}
    office.publish_snapshot(office.publish_root(replace(second, holders=holders), "Olga"), 2)


def test_a_builder_that_is_retired_is_believed_no_more(tmp_path: Path, step: Record, office: Office) -> None:
    retired(office, "Bea")
    assert who_ran(farmed(office, tmp_path / "here", step, "Bea")) == ({}, [step.name])


@pytest.mark.parametrize("fate", ["none", "retired", "revoked"])
def test_ones_own_key_is_believed_unless_it_is_retired_or_revoked(
    tmp_path: Path, step: Record, office: Office, fate: str
) -> None:
    if fate == "revoked":
        office.revoke("Quentin", "key", {"Ray": office.key("Ray").fingerprint})
    if fate == "retired":
        retired(office, "Ray")
    here = under(office, machine(tmp_path / "here", office.key("Ray").pem.encode()))
    run(here, step, office.uri("Ray"))
    assert who_ran(result(here, step)) == (({step.name: "workstation"}, []) if fate == "none" else ({}, [step.name]))


def test_ones_own_key_speaks_for_workers_only_while_it_is_a_builders(
    tmp_path: Path, step: Record, office: Office
) -> None:
    remote = replace(step, builder="cpu-workers", properties={"pool": "cpu"})
    for name, builder in (("Bea", "cpu-workers"), ("Stranger", "workstation")):
        own = office.key(name).pem.encode()
        here = under(office, machine(tmp_path / name, own, farm=own))
        run(here, remote, office.uri(name))
        assert who_ran(result(here, remote)) == ({step.name: builder}, [])


def test_attestations_that_are_not_in_order_stop_it(
    tmp_path: Path, step: Record, office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    here = farmed(office, tmp_path / "here", step, "Bea")
    (here / "attestations/root/1.json").unlink()
    assert main([str(here)]) == 1
    told = capsys.readouterr().err
    assert "attestations/root/1.json is missing, but attestations/snapshot.json counts by it alone" in told
