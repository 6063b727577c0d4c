"""The table of docs/threats.md and the attacks that are replayed are the same."""

from __future__ import annotations

import re
from pathlib import Path

ATTACKS = Path(__file__).parent
ROOT = next(up for up in ATTACKS.parents if (up / "docs" / "threats.md").is_file())
OFF = re.compile(r"monkeypatch|scan_without|require_layers|control_off|with off\(")


def named() -> set[str]:
    """Tests that the table names, relative to the root."""
    tests = re.findall(r"`((?:tests/[a-z_/]*)?test_[a-z_]+\.py)`", (ROOT / "docs" / "threats.md").read_text())
    return {test if test.startswith("tests/") else f"tests/attacks/{test}" for test in tests}


def replayed() -> set[str]:
    here = {f"tests/attacks/{path.name}" for path in ATTACKS.glob("test_*.py")}
    return here - {f"tests/attacks/{Path(__file__).name}"}


def test_every_attack_that_is_replayed_has_a_row() -> None:
    assert replayed() - named() == set()


def test_every_attack_in_a_row_is_replayed() -> None:
    assert {test for test in named() if test.startswith("tests/attacks/")} - replayed() == set()


def test_every_attack_is_replayed_with_a_control_off_as_well() -> None:
    assert [test for test in sorted(replayed()) if not OFF.search((ATTACKS / Path(test).name).read_text())] == []
