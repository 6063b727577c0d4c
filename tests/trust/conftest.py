"""One key, two builds, and the stock verifiers, shared by the tests of this directory."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pedigree.trust.public import PublicKey
from pedigree.trust.signers import signer_public_key
from trust.builder import build_release, make_key, stock_tools


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
    return build_release(tmp_path_factory.mktemp("one") / "work", uri)


@pytest.fixture(scope="session")
def another(tmp_path_factory: pytest.TempPathFactory, uri: str) -> Path:
    """A release of another build, sealed with the same key."""
    return build_release(tmp_path_factory.mktemp("two") / "work", uri, variant=b"another")


@pytest.fixture(scope="session")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same build as `pristine`, sealed with somebody else's key."""
    directory = tmp_path_factory.mktemp("three")
    return build_release(directory / "work", make_key(directory / "other.pem"))


@pytest.fixture
def release(pristine: Path, tmp_path: Path) -> Path:
    """A copy of the sealed release, to be changed."""
    return Path(shutil.copytree(pristine, tmp_path / "release"))


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory for PATH with the stock verifiers."""
    return stock_tools(tmp_path_factory.mktemp("tools") / "bin")
