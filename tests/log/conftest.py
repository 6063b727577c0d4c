"""A signer, and a log that it wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from log.writing import keys_of, write_log
from pedigree.trust.root import Holder
from trust.keyfile import make_key


@pytest.fixture(scope="session")
def uri(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A signer."""
    return make_key(tmp_path_factory.mktemp("key") / "signer.pem")


@pytest.fixture(scope="session")
def other(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Another signer."""
    return make_key(tmp_path_factory.mktemp("other") / "signer.pem")


@pytest.fixture(scope="session")
def keys(uri: str) -> dict[str, Holder]:
    """The signer's key, by its keyid."""
    return keys_of(uri)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the log lies."""
    return tmp_path / "log.db"


@pytest.fixture
def url(path: Path, uri: str) -> str:
    """A log of seven entries under three heads: 2, 6 and 7."""
    return write_log(path, uri)
