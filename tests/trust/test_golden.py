from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pedigree.trust.inforce import Trust
from pedigree.trust.instructions import KEY_FILE
from pedigree.trust.public import read_public_key
from pedigree.trust.root import first_root
from pedigree.trust.verify import verify_release
from trust.builder import run_stock, stock_commands, stock_tools

GOLDEN = sorted(path for path in (Path(__file__).parent / "golden").iterdir() if path.is_dir())


def test_there_is_one_for_every_version_that_was_delivered() -> None:
    assert [path.name for path in GOLDEN] == ["1-spine", "2-workers", "3-in-force"]


@pytest.mark.parametrize("release", GOLDEN, ids=lambda path: path.name)
def test_a_release_of_an_earlier_version_still_verifies(release: Path) -> None:
    verdict = verify_release(release, read_public_key(release / KEY_FILE))
    assert [check for check in verdict.checks if not check.holds] == []


@pytest.mark.parametrize("release", GOLDEN, ids=lambda path: path.name)
def test_the_commands_of_its_time_still_accept_it(release: Path, tmp_path: Path) -> None:
    commands = stock_commands(release / "VERIFY.md")
    assert len(commands) == (5 if (release / "attestations/trust").exists() else 4)
    for command in commands:
        done = run_stock(command, release, stock_tools(tmp_path / str(commands.index(command))))
        assert done.returncode == 0, done.stdout + done.stderr


def test_what_was_in_force_is_told_by_the_release_itself() -> None:
    release = GOLDEN[-1]
    anchor = first_root((release / "attestations/trust/root/1.json").read_bytes(), "root/1.json")
    trust = Trust(anchor, None, None, datetime(2026, 11, 21, tzinfo=UTC), None)
    verdict = verify_release(release, read_public_key(release / KEY_FILE), trust)
    assert [check for check in verdict.checks if not check.holds] == []
    assert len(verdict.checks) == 19
