"""People who sign by their identity in a Sigstore instance of the test, at a desk."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.desk import Desk
from cli.proposing import MEANING, NAME, propose, with_model
from pedigree.trust.attestations import read_attestations
from pedigree.trust.authority import Authority, load_authority
from pedigree.trust.root import TrustRoot, parse_root
from trust.signing.instance import ISSUER, Instance

ADA, EVE, OTHER_ISSUER = "ada@example.org", "eve@example.org", "https://login.example.com"


def uri(instance: Instance, identity: str = ADA, issuer: str = ISSUER) -> str:
    return f"sigstore:{instance.config}?identity={identity}&issuer={issuer}"


def with_ada(desk: Desk, instance: Instance, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Give Ada the role legal by an identity, propose a model, and have her logged in."""
    with_model(desk)
    assert desk.pedigree("keys", "retire", "Lea", by="Olga") == 2  # the last of her role
    assert desk.pedigree("keys", "enroll", "--role", "legal", f"Ada={uri(instance)}", by="Olga") == 0
    assert propose(desk) == 0
    log_in(monkeypatch, instance)
    return desk


def log_in(monkeypatch: pytest.MonkeyPatch, instance: Instance, identity: str = ADA, issuer: str = ISSUER) -> None:
    """Have a token of the instance's provider where the client of a CI job looks for one."""
    monkeypatch.setenv("GITLAB_CI", "true")
    monkeypatch.setenv("SIGSTORE_ID_TOKEN", instance.provider.token(identity, issuer))


def decide(desk: Desk, signer: str, *call: str) -> int:
    return desk.pedigree(*(call or ("base", "approve", NAME)), "--meaning", MEANING, "--signer", signer)


def approve_by_quality(desk: Desk) -> int:
    return desk.pedigree("base", "approve", NAME, "--meaning", MEANING, by="Quentin")


def root_of(desk: Desk) -> TrustRoot:
    newest = max((desk.attestations / "root").iterdir(), key=lambda path: int(path.stem))
    return parse_root(newest.read_bytes(), "root")[0]


def in_force(desk: Desk) -> Authority:
    files = read_attestations(desk.attestations)
    return load_authority(files, parse_root(files["root/1.json"], "root")[0])


def bundle_of(desk: Desk) -> Path:
    (path,) = desk.attestations.glob("approvals/*/legal.*.sigstore.json")
    return path


WITHOUT = """
import sys
from importlib.abc import MetaPathFinder
class Without(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] == "sigstore":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Without())
from pedigree.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


def without_sigstore(desk: Desk, *call: str) -> subprocess.CompletedProcess[str]:
    """A command of a `pedigree` that has no client of Sigstore's, as an auditor's."""
    command = [sys.executable, "-c", WITHOUT, *call, "--attestations", str(desk.attestations)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(command, capture_output=True, text=True, env=environment)
