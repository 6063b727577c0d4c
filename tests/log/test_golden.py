from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from log.writing import audit
from pedigree.trust.public import read_public_key
from pedigree.trust.root import Holder

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("version", [1])
def test_a_log_of_an_earlier_version_still_verifies(version: int, tmp_path: Path) -> None:
    path, key = tmp_path / "log.db", read_public_key(GOLDEN / f"{version}.pub")
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((GOLDEN / f"{version}.sql").read_text())
    seen = (GOLDEN / f"{version}.head.json").read_bytes()
    verdict = audit(f"sqlite://{path}", {key.keyid: Holder("", key)}, seen).verdict
    assert [check for check in verdict.checks if not check.holds] == []
