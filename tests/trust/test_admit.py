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
from pedigree.trust.signers import signer_public_key
from trust.builder import make_key, record


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
    assert admit(result(here, step)) == ({step.name: "workstation"}, [])


def test_a_result_that_nobody_vouches_for_is_refused(
    tmp_path: Path, step: Record, keyed: Keyed, capsys: pytest.CaptureFixture[str]
) -> None:
    here = result(machine(tmp_path / "here", keyed("own")[1]), step)
    assert admit(here) == ({}, [step.name])
    assert main([str(here)]) == 3
    assert json.loads(capsys.readouterr().out) == {"builders": {}, "refused": [step.name]}


def test_the_run_of_a_listed_builder_is_admitted_under_its_name(tmp_path: Path, step: Record, keyed: Keyed) -> None:
    uri, public = keyed("ci")
    signed = run(machine(tmp_path / "ci", public, ci=public), step, uri)
    here = machine(tmp_path / "here", keyed("own")[1], ci=public)
    assert admit(result(here, step, signed)) == ({step.name: "ci"}, [])


def test_the_run_of_a_builder_that_is_not_listed_is_refused(tmp_path: Path, step: Record, keyed: Keyed) -> None:
    uri, public = keyed("stranger")
    signed = run(machine(tmp_path / "there", public), step, uri)
    here = machine(tmp_path / "here", keyed("own")[1], ci=keyed("ci")[1])
    assert admit(result(here, step, signed)) == ({}, [step.name])


def test_a_listed_builder_speaks_under_its_own_name_alone(tmp_path: Path, step: Record, keyed: Keyed) -> None:
    uri, public = keyed("ci")
    signed = run(machine(tmp_path / "there", public, other=public), step, uri)
    here = machine(tmp_path / "here", keyed("own")[1], ci=public)
    assert admit(result(here, step, signed)) == ({}, [step.name])


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
    assert admit(result(here, forged(step), signed)) == ({}, [step.name])


def test_a_step_of_workers_keeps_the_name_of_their_platform(tmp_path: Path, step: Record, keyed: Keyed) -> None:
    uri, public = keyed("ci")
    remote = replace(step, builder="cpu-workers", properties={"pool": "cpu"})
    signed = run(machine(tmp_path / "ci", public, ci=public), remote, uri)
    here = machine(tmp_path / "here", keyed("own")[1], ci=public)
    assert admit(result(here, remote, signed)) == ({step.name: "cpu-workers"}, [])
    assert admit(result(here, replace(step, properties={"pool": "cpu"}), signed)) == ({}, [step.name])


def test_workers_that_nobody_has_listed_are_a_workstation(tmp_path: Path, step: Record, keyed: Keyed) -> None:
    uri, public = keyed("own")
    here = machine(tmp_path / "here", public)
    remote = replace(step, builder="cpu-workers", properties={"pool": "cpu"})
    run(here, remote, uri)
    assert admit(result(here, remote)) == ({step.name: "workstation"}, [])


def test_no_key_may_be_listed_as_a_workstation(tmp_path: Path, step: Record, keyed: Keyed) -> None:
    public = keyed("own")[1]
    with pytest.raises(ToolError, match=r"'workstation\.pub' has the name of builders that are not listed"):
        admit(result(machine(tmp_path / "here", public, workstation=public), step))


@pytest.mark.parametrize("rubbish", [b"", b"[]", b'{"a":"\\ud800"}', b"[" * 100_000, b"\xff", b"null"])
def test_rubbish_of_a_cache_is_no_record_and_no_crash(
    tmp_path: Path, step: Record, keyed: Keyed, rubbish: bytes
) -> None:
    assert admit(result(machine(tmp_path / "here", keyed("own")[1]), step, rubbish)) == ({}, [step.name])


def test_every_byte_of_a_signed_record_counts(tmp_path: Path, step: Record, keyed: Keyed) -> None:
    uri, public = keyed("ci")
    signed = run(machine(tmp_path / "ci", public, ci=public), step, uri)
    here = machine(tmp_path / "here", keyed("own")[1], ci=public)
    for place in range(0, len(signed), 37):
        broken = signed[:place] + bytes([signed[place] ^ 1]) + signed[place + 1 :]
        assert admit(result(here, step, broken)) == ({}, [step.name]), place


def test_what_a_cache_gives_does_not_hide_what_this_machine_signed(tmp_path: Path, step: Record, keyed: Keyed) -> None:
    uri, public = keyed("own")
    here = machine(tmp_path / "here", public)
    run(here, step, uri)
    assert admit(result(here, step, b"rubbish")) == ({step.name: "workstation"}, [])
