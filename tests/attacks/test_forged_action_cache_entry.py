"""Whoever may write the shared cache puts another result under a step: poisoned weights, a green report.

Found when results are admitted to a release: none has a signed record of a run that made it. The whole way, with a real
cache and a real Pants, is in tests/system/test_remote_forgery.py.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pedigree.step.canonical import canonical_json
from pedigree.step.digests import sha256_bytes
from pedigree.step.record import WORKSTATION, Record
from pedigree.trust import admit as admission
from pedigree.trust.attest import attest
from pedigree.trust.builders import Believed
from pedigree.trust.provenance import provenance
from pedigree.trust.public import PublicKey
from pedigree.trust.signers import signer_public_key
from trust.builder import make_key, record, who_ran


@pytest.fixture
def step() -> Record:
    """A step that CI ran."""
    return record("models/demo:sft", "finetune", "pedigree.training.sft", {"model/adapter.safetensors": b"honest"})


@pytest.fixture
def machine(tmp_path: Path, step: Record) -> Path:
    """A developer's machine that believes CI, and knows CI's signed record of the honest run."""
    for name in ("own", "ci"):
        make_key(tmp_path / f"{name}.pem")
    own, ci = (signer_public_key(f"file:{tmp_path}/{name}.pem") for name in ("own", "ci"))
    runner, directory = tmp_path / "runner", tmp_path / "machine"
    for place in (runner, directory):
        (place / "builders").mkdir(parents=True)
        (place / "builders/ci.pub").write_text(ci.pem)
    (runner / "signer.pub").write_text(ci.pem)
    (runner / "record.json").write_bytes(canonical_json(step.to_json()))
    attest(runner, f"file:{tmp_path}/ci.pem")
    (directory / "signer.pub").write_text(own.pem)
    (directory / "runs" / step.name).mkdir(parents=True)
    (signed,) = (runner / ".cache/runs").iterdir()
    (directory / "runs" / step.name / "ci.json").write_bytes(signed.read_bytes())
    (directory / "records").mkdir()
    return directory


def cached(machine: Path, step: Record) -> None:
    """A cache gives this result."""
    (machine / "records" / f"{step.name}.json").write_bytes(canonical_json(step.to_json()))


def forged(step: Record) -> Record:
    """The same step with other weights."""
    return replace(step, products={"model/adapter.safetensors": sha256_bytes(b"poisoned")})


def test_the_honest_result_is_admitted(machine: Path, step: Record) -> None:
    cached(machine, step)
    assert who_ran(machine) == ({step.name: "ci"}, [])


def test_a_forged_result_is_found_when_it_is_admitted(machine: Path, step: Record) -> None:
    cached(machine, forged(step))
    assert who_ran(machine) == ({}, [step.name])


@pytest.fixture
def attacker(machine: Path, step: Record, tmp_path: Path) -> PublicKey:
    """Somebody with a key of his own, who put a record of the forged result beside it."""
    directory = tmp_path / "attacker"
    (directory / "builders").mkdir(parents=True)
    uri = make_key(tmp_path / "attacker.pem")
    public = signer_public_key(uri)
    (directory / "signer.pub").write_text(public.pem)
    (directory / "record.json").write_bytes(canonical_json(forged(step).to_json()))
    attest(directory, uri)
    (signed,) = (directory / ".cache/runs").iterdir()
    (machine / "runs" / step.name / "attacker.json").write_bytes(signed.read_bytes())
    cached(machine, forged(step))
    return public


def test_a_forged_result_with_a_record_of_the_attacker_is_found(
    machine: Path, step: Record, attacker: PublicKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert who_ran(machine) == ({}, [step.name])
    # The one control: whose keys are believed.
    monkeypatch.setattr(admission, "believed_in", lambda _: Believed({attacker: WORKSTATION}))
    assert who_ran(machine) == ({step.name: WORKSTATION}, [])


def test_control_off_it_gets_through(machine: Path, step: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    cached(machine, forged(step))
    # The one control: that a record is of just this result.
    honest = step
    monkeypatch.setattr(admission, "provenance", lambda _: provenance(replace(honest, builder="ci")))
    assert who_ran(machine) == ({step.name: "ci"}, [])
