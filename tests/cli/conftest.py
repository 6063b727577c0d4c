from __future__ import annotations

from pathlib import Path

import pytest

from cli.desk import Desk


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk with nothing on it, and no signer in the environment."""
    monkeypatch.delenv("PEDIGREE_SIGNER", raising=False)
    return Desk(tmp_path)
