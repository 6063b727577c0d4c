"""One key and one release with two stages, shared by the tests of this directory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from export.governed import Governed, govern
from export.staged import build_staged
from pedigree.export.evidence import Evidence, read_evidence
from pedigree.export.formats import export
from pedigree.trust.public import PublicKey
from pedigree.trust.signers import signer_public_key
from trust.builder import make_key


@pytest.fixture(scope="session")
def uri(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A signer."""
    return make_key(tmp_path_factory.mktemp("key") / "signer.pem")


@pytest.fixture(scope="session")
def public(uri: str) -> PublicKey:
    """Its public key."""
    return signer_public_key(uri)


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory, uri: str) -> Path:
    """A sealed release that no test may change."""
    return build_staged(tmp_path_factory.mktemp("staged") / "work", uri)


@pytest.fixture(scope="session")
def evidence(pristine: Path, public: PublicKey) -> Evidence:
    """What it says."""
    return read_evidence(pristine, public)


@pytest.fixture(scope="session")
def governed(tmp_path_factory: pytest.TempPathFactory) -> Governed:
    """A sealed release with a plan, a revocation and obligations, that no test may change."""
    return govern(tmp_path_factory.mktemp("governed"))


@pytest.fixture
def bill(pristine: Path, public: PublicKey) -> dict[str, Any]:
    """Its bill of materials in CycloneDX, to be changed."""
    found: dict[str, Any] = json.loads(export(pristine, public, "cyclonedx"))
    return found


@pytest.fixture
def document(pristine: Path, public: PublicKey) -> dict[str, Any]:
    """Its SPDX document, to be changed."""
    found: dict[str, Any] = json.loads(export(pristine, public, "spdx"))
    return found
