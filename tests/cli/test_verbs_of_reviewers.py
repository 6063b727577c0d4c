"""Verbs that look into models, on input that nobody meant for them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cli.damage import a_gigabyte, a_pipe, nested, not_utf8, run_on
from cli.desk import Desk
from cli.proposing import with_model
from cli.verbs import OF_REVIEWERS


@pytest.mark.parametrize("damage", [a_gigabyte, not_utf8, nested, a_pipe])
def test_a_file_that_is_none_of_what_a_verb_needs_is_told(desk: Desk, damage: Callable[[Path], None]) -> None:
    with_model(desk)
    damaged = desk.directory / "damaged.json"
    damaged.write_bytes(b"{}")
    damage(damaged)
    run_on(OF_REVIEWERS, desk.directory, damaged, memory=2 << 30)
