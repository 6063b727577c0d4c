"""Stock `in-toto-verify` with the owners' layout and the owners' keys, on releases that the role release sealed."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from pedigree.step.digests import sha256_bytes
from pedigree.step.record import Input, Record
from pedigree.trust.pair import layout_path
from pedigree.trust.root import TrustRoot
from pedigree.trust.seal import seal
from trust.builder import RELEASE, closure_of_demo, deliver, lay_out, record, run_stock, with_changes
from trust.office import Office
from trust.plans import demo_plan, sign_plan

SFT, DATA = "models.demo.sft", "datasets.demo.sft"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    return Office(tmp_path_factory.mktemp("office"))


@pytest.fixture(scope="module")
def root(office: Office) -> TrustRoot:
    return office.root(owners=2)


@pytest.fixture(scope="module")
def owners(office: Office, root: TrustRoot, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an auditor was given by the owners: their layout and their two keys."""
    sign_plan(office, demo_plan(), root, "Olga", "Otto")
    directory = tmp_path_factory.mktemp("owners")
    (directory / "layout").write_bytes(office.files[layout_path(RELEASE)])
    for name in ("Olga", "Otto", "Quentin"):
        (directory / f"{name}.pub").write_text(office.key(name).pem)
    return directory


def sealed(office: Office, directory: Path, records: list[Record], sealer: str = "Ray") -> Path:
    """A release of these records, which somebody seals who has a key."""
    uri = office.uri(sealer)
    lay_out(directory / "work", uri, records, closure_of_demo()[1])
    seal(directory / "work", uri)
    return deliver(directory / "work")


def verify(release: Path, owners: Path, tools: Path, *names: str) -> subprocess.CompletedProcess[str]:
    keys = " ".join(str(owners / f"{name}.pub") for name in names or ("Olga", "Otto"))
    command = f"in-toto-verify --layout {owners}/layout --verification-keys {keys} --link-dir attestations/links"
    return run_stock(command, release, tools)


def demo_with(name: str, **changes: object) -> list[Record]:
    return with_changes(closure_of_demo()[0], name, **changes)


def of(name: str) -> Record:
    return next(each for each in closure_of_demo()[0] if each.name == name)


def test_a_release_inside_the_plan_holds(office: Office, owners: Path, tools: Path, tmp_path: Path) -> None:
    held = verify(sealed(office, tmp_path, closure_of_demo()[0]), owners, tools)
    assert held.returncode == 0, held.stderr


def test_hyperparameters_that_may_change_do(office: Office, owners: Path, tools: Path, tmp_path: Path) -> None:
    path, sft = "inputs/hyperparameters/sft.yaml", of(SFT)
    other = demo_with(SFT, materials={**sft.materials, path: sha256_bytes(b"lr: 2e-3\n")})
    held = verify(sealed(office, tmp_path, other), owners, tools)
    assert held.returncode == 0, held.stderr


def test_a_new_data_set_is_refused(office: Office, owners: Path, tools: Path, tmp_path: Path) -> None:
    files = {"records.jsonl": b"{}\n"}
    fresh = record(
        "datasets/y", "dataset", "pedigree.data.snapshot", files, roles={"records": ("datasets/y", {"y.jsonl": b"{}"})}
    )
    sft, role = of(SFT), "datasets/datasets.y"
    entering = {f"inputs/{role}/{path}": sha256 for path, sha256 in fresh.products.items()}
    records = demo_with(
        SFT, inputs={**sft.inputs, role: Input(fresh.name, "")}, materials={**sft.materials, **entering}
    )
    refused = verify(sealed(office, tmp_path, [fresh, *records]), owners, tools)
    assert refused.returncode == 1
    assert "datasets/y/y.jsonl" in refused.stderr and "DISALLOW" in refused.stderr


def test_a_data_set_that_enters_another_stage_than_planned_is_refused(
    office: Office, owners: Path, tools: Path, tmp_path: Path
) -> None:
    sft, role, held_out = of(SFT), "datasets/datasets.demo.heldout", of("datasets.demo.heldout")
    entering = {f"inputs/{role}/{path}": sha256 for path, sha256 in held_out.products.items()}
    records = demo_with(
        SFT, inputs={**sft.inputs, role: Input(held_out.name, "")}, materials={**sft.materials, **entering}
    )
    refused = verify(sealed(office, tmp_path, records), owners, tools)
    assert refused.returncode == 1 and f"inputs/{role}" in refused.stderr


def test_a_dropped_step_is_refused(office: Office, owners: Path, tools: Path, tmp_path: Path) -> None:
    first, judge = "models.demo.eval.predict-0", of("models.demo.eval")
    kept = {role: origin for role, origin in judge.inputs.items() if origin.step != first}
    materials = {path: sha for path, sha in judge.materials.items() if not path.startswith("inputs/predictions/0/")}
    records = [each for each in demo_with(judge.name, inputs=kept, materials=materials) if each.name != first]
    refused = verify(sealed(office, tmp_path, records), owners, tools)
    assert refused.returncode == 1 and first in refused.stderr


@pytest.mark.parametrize("keeps_old_code", [False, True])
def test_another_tool_is_refused(
    office: Office, owners: Path, tools: Path, tmp_path: Path, keeps_old_code: bool
) -> None:
    """The tool is told from others by its module, which must be among what the step was run with."""
    sft, module = of(SFT), "src/python/pedigree/training/sft.py"
    other = {"src/python/pedigree/training/dpo.py": sha256_bytes(b"dpo")}
    code = {path: sha for path, sha in sft.materials.items() if keeps_old_code or path != module}
    records = demo_with(SFT, materials={**code, **other})
    answer = verify(sealed(office, tmp_path, records), owners, tools)
    # A module more is told by provenance, of which in-toto knows nothing: the plan says which one is run.
    assert (answer.returncode == 0) == keeps_old_code
    assert keeps_old_code or module in answer.stderr


def test_files_from_elsewhere_are_refused(office: Office, owners: Path, tools: Path, tmp_path: Path) -> None:
    data = of(DATA)
    more = {"inputs/records/more.jsonl": sha256_bytes(b"{}")}
    records = demo_with(DATA, materials={**data.materials, **more})
    refused = verify(sealed(office, tmp_path / "more", records), owners, tools)
    assert refused.returncode == 1 and "datasets/demo/more.jsonl" in refused.stderr
    elsewhere = demo_with(DATA, inputs={"records": Input("", "elsewhere")})
    refused = verify(sealed(office, tmp_path / "elsewhere", elsewhere), owners, tools)
    assert refused.returncode == 1 and "elsewhere/sft [v1].jsonl" in refused.stderr


def test_packages_of_another_lock_are_refused(office: Office, owners: Path, tools: Path, tmp_path: Path) -> None:
    records = demo_with(SFT, tool=replace(of(SFT).tool, lock="3rdparty/python/other.lock"))
    refused = verify(sealed(office, tmp_path, records), owners, tools)
    assert refused.returncode == 1 and "other.lock" in refused.stderr


@pytest.mark.parametrize(("sealer", "told"), [("Bea", "'delivery'"), ("Quentin", "'sources'")])
def test_what_another_role_sealed_is_refused(
    office: Office, owners: Path, tools: Path, tmp_path: Path, sealer: str, told: str
) -> None:
    refused = verify(sealed(office, tmp_path, closure_of_demo()[0], sealer), owners, tools)
    assert refused.returncode == 1 and told in refused.stderr


def test_links_of_two_builds_do_not_mix(office: Office, owners: Path, tools: Path, tmp_path: Path) -> None:
    """The steps are the same, so that only the pin, which is matched across steps, tells them apart."""
    release = sealed(office, tmp_path / "one", closure_of_demo()[0])
    other = sealed(office, tmp_path / "two", demo_with("datasets.demo.heldout", builder="https://elsewhere"))
    (link,) = (release / "attestations/links").glob("datasets.demo.heldout.*.link")
    link.write_bytes((other / "attestations/links" / link.name).read_bytes())
    refused = verify(release, owners, tools)
    assert refused.returncode == 1 and "pin:sha256:" in refused.stderr


def test_a_file_that_was_not_delivered_is_refused(office: Office, owners: Path, tools: Path, tmp_path: Path) -> None:
    release = sealed(office, tmp_path, closure_of_demo()[0])
    (release / "model/extra.bin").write_bytes(b"")
    refused = verify(release, owners, tools)
    assert refused.returncode == 1 and "model/extra.bin" in refused.stderr


def test_every_owner_who_is_named_must_have_signed(office: Office, owners: Path, tools: Path, tmp_path: Path) -> None:
    release = sealed(office, tmp_path, closure_of_demo()[0])
    assert verify(release, owners, tools, "Otto").returncode == 0
    assert verify(release, owners, tools, "Olga", "Quentin").returncode == 1
