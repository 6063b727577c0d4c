"""Every bundle of a release, verified by sigstore's own library for Node.js, as its users do."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from pedigree.trust.attestations import ATTESTED
from pedigree.trust.statement import APPROVAL, PREDICATES, REVOCATION
from trust.forge import payload
from trust.office import Office
from trust.published import put_in_force, sealed_in

PATH = "/usr/local/bin:/usr/bin:/bin"
MISSING = [name for name in ("node", "npm") if shutil.which(name, path=PATH) is None]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"no {' and no '.join(MISSING)}: install nodejs and npm")
KEY = "attestations/keys/signer.pub"
OF_PEOPLE = {APPROVAL, REVOCATION}


def root() -> Path:
    """The repository, or what Pants laid out of it."""
    return next(up for up in (Path.cwd(), *Path.cwd().parents) if (up / "build-support" / "node_modules.sh").exists())


@pytest.fixture(scope="session")
def modules() -> Path:
    """The pinned @sigstore/verify, installed the first time."""
    command = [str(root() / "build-support/node_modules.sh"), "sigstore-verify"]
    environment = {**os.environ, "PATH": PATH}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


def bundles(release: Path) -> list[Path]:
    return [*sorted((release / "attestations").glob("*.sigstore.json")), release / "model.sig"]


def verdicts(modules: Path, key: Path, files: list[Path]) -> dict[Path, str]:
    """File -> why it does not verify; empty if it does."""
    command = ["node", str(Path(__file__).with_name("verify_bundles.mjs")), str(modules), str(key), *map(str, files)]
    environment = {"PATH": PATH, "HOME": "/nonexistent"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return {Path(file): told for file, told in json.loads(done.stdout).items()}


def test_every_bundle_of_a_release_verifies(modules: Path, pristine: Path) -> None:
    files = bundles(pristine)
    assert {payload(file)["predicateType"] for file in files} == PREDICATES - OF_PEOPLE
    assert verdicts(modules, pristine / KEY, files) == dict.fromkeys(files, "")


def test_every_bundle_of_people_verifies_with_the_key_that_the_trust_root_lists(modules: Path, tmp_path: Path) -> None:
    office = Office(tmp_path)
    put_in_force(office)
    office.revoke("Quentin", "dataset", {"datasets/of/others": "9f" * 32})
    office.publish_snapshot(office.root(), 2)
    release = sealed_in(office, tmp_path / "work", "Ray")
    keys = {office.key(name).fingerprint: office.key(name).pem for name in office.people}
    files = sorted((release / ATTESTED).rglob("*.sigstore.json"))
    assert {payload(file)["predicateType"] for file in files} == OF_PEOPLE
    for file in files:
        key = tmp_path / "holder.pub"
        key.write_text(keys[json.loads(file.read_text())["verificationMaterial"]["publicKey"]["hint"]])
        assert verdicts(modules, key, [file]) == {file: ""}
        assert "key not found" in verdicts(modules, release / KEY, [file])[file]


def test_no_bundle_verifies_with_another_key(modules: Path, pristine: Path, foreign: Path) -> None:
    told = verdicts(modules, foreign / KEY, bundles(pristine))
    assert all("key not found" in reason for reason in told.values())


def test_no_bundle_verifies_in_which_a_byte_of_payload_or_signature_differs(modules: Path, release: Path) -> None:
    for file in bundles(release):
        document = json.loads(file.read_text())
        envelope = document["dsseEnvelope"]
        for part, text in (("payload", envelope["payload"]), ("sig", envelope["signatures"][0]["sig"])):
            at = len(text) // 2
            changed = text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]
            file.write_text(json.dumps(document).replace(f'"{part}": "{text}"', f'"{part}": "{changed}"'))
            assert json.loads(file.read_text()) != document
            assert verdicts(modules, release / KEY, [file])[file] != "", (file, part)


def test_a_statement_under_the_signature_of_another_does_not_verify(modules: Path, release: Path) -> None:
    one, two = bundles(release)[:2]
    document, other = json.loads(one.read_text()), json.loads(two.read_text())
    document["dsseEnvelope"]["signatures"] = other["dsseEnvelope"]["signatures"]
    one.write_text(json.dumps(document))
    assert verdicts(modules, release / KEY, [one, two]) == {one: "signature verification failed", two: ""}
