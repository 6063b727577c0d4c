from __future__ import annotations

from pathlib import Path

import pytest

from cli.desk import Desk
from pedigree.log.append import LOG_VARIABLE


@pytest.fixture(autouse=True)
def own_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A log of the test's own: what tests sign must not get into that of whoever runs them."""
    path = tmp_path / "log" / "own.db"
    monkeypatch.setenv(LOG_VARIABLE, f"sqlite://{path}")
    return path


@pytest.fixture(autouse=True)
def own_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A memory of the test's own, too."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk with nothing on it, and no signer in the environment."""
    monkeypatch.delenv("PEDIGREE_SIGNER", raising=False)
    return Desk(tmp_path)
