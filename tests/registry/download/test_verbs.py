"""Verbs that reach the network, on input that nobody meant for them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cli.damage import a_gigabyte, a_pipe, nested, not_utf8, run_on
from cli.verbs import OF_OPERATORS


@pytest.mark.parametrize("damage", [a_gigabyte, not_utf8, nested, a_pipe])
def test_a_manifest_or_a_source_that_is_none_is_told(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    (tmp_path / "store").mkdir()
    damaged = tmp_path / "damaged.json"
    damaged.write_bytes(b"{}")
    damage(damaged)
    run_on(OF_OPERATORS, tmp_path, damaged)
