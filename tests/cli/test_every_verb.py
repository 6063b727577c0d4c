"""Every verb has its place in the tests of malformed input; those that no other test calls so are called here."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.damage import a_gigabyte, a_pipe, nested, not_utf8, run_apart, run_on, truncated
from cli.desk import Desk
from cli.verbs import OF_FILED, OF_ONE_FILE, OF_OPERATORS, OF_RELEASES, OF_REVIEWERS, verbs
from log.writing import append, event
from pedigree.cli.export import _FORMATS
from trust.builder import build_release

each_damage = pytest.mark.parametrize("damage", [a_gigabyte, not_utf8, nested, a_pipe])


@pytest.fixture
def place(desk: Desk) -> Path:
    """A trust root, one that is cut short, a log, and an empty store."""
    desk.init()
    shutil.copytree(desk.attestations, desk.directory / "rotten")
    truncated(desk.directory / "rotten/root/1.json")
    append(f"sqlite://{desk.directory}/log.db", [event("base.propose", 9)], desk.uri("Olga"))
    (desk.directory / "store").mkdir()
    return desk.directory


def test_every_verb_is_called_on_malformed_input() -> None:
    tables = [OF_RELEASES, OF_FILED, OF_ONE_FILE, OF_OPERATORS, OF_REVIEWERS]
    assert sorted(verb for table in tables for verb in table) == sorted(verbs())


@each_damage
def test_a_file_that_is_none_of_what_a_verb_needs_is_told(
    desk: Desk, place: Path, damage: Callable[[Path], None]
) -> None:
    damaged = place / "damaged.json"
    damaged.write_bytes(b'{"schema":"?"}')
    damage(damaged)
    run_on(OF_ONE_FILE, place, damaged, desk.uri("Olga"))


@each_damage
def test_what_a_log_is_held_against_may_be_damaged(desk: Desk, place: Path, damage: Callable[[Path], None]) -> None:
    log = ["--log", f"sqlite://{place}/log.db"]
    damaged = Path(desk.public("Olga"))
    assert run_apart("log", "verify", *log, "--key", str(damaged), "--head", f"{place}/seen").returncode == 0
    damage(damaged)
    run_on({"log verify": [*log, "--root", "{damaged}"]}, place, damaged)
    run_on({"log verify": [*log, "--key", desk.public("Otto"), "--head", "{damaged}"]}, place, damaged)


def test_every_export_tells_what_is_wrong_with_a_release(tmp_path: Path, desk: Desk) -> None:
    release = build_release(tmp_path / "work", desk.uri("Ray"))
    nested(release / "lineage.json")
    not_utf8(release / "model.sig")
    call = ["{place}", "--key", desk.public("Ray"), "--format"]
    for form in _FORMATS:
        run_on({"export": [*call, form]}, release, release / "lineage.json")
