"""Every verb that reads attestations, in a process with little memory, on input that nobody meant for it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.damage import a_gigabyte, a_pipe, nested, not_utf8, require_told, run_apart, truncated
from cli.desk import BASE, Desk
from cli.verbs import OF_FILED
from pedigree.step.digests import tree_digest


def run(desk: Desk, *call: str | bytes) -> subprocess.CompletedProcess[bytes]:
    """`pedigree` in a process of its own, signing as Olga."""
    return run_apart(*call, signer=desk.uri("Olga"))


@pytest.mark.parametrize("damage", [a_gigabyte, not_utf8, truncated, nested, a_pipe])
def test_every_verb_tells_what_is_wrong_with_what_is_filed(desk: Desk, damage: Callable[[Path], None]) -> None:
    desk.init()
    place = desk.file_entry("Lea")
    key = desk.public("Linus")
    for damaged in (desk.attestations / "root" / "1.json", place / "entry.json"):
        whole = damaged.read_bytes()
        damage(damaged)
        for verb, arguments in OF_FILED.items():
            if verb.startswith("keys") and damaged.name == "entry.json" and damage not in (a_gigabyte, a_pipe):
                continue  # whom to trust does not hang on what was approved
            filled = [argument.format(file=key) for argument in arguments]
            require_told(run(desk, *verb.split(), *filled, "--attestations", str(desk.attestations)))
        damaged.unlink()
        damaged.write_bytes(whole)
    assert run(desk, "keys", "list", "--attestations", str(desk.attestations)).returncode == 0


@pytest.mark.parametrize("damage", [a_gigabyte, not_utf8, truncated, a_pipe])
def test_keys_that_are_none_are_told(desk: Desk, damage: Callable[[Path], None]) -> None:
    desk.init()
    key = Path(desk.public("Linus"))
    damage(key)
    for verb in ("keys enroll", "keys rotate"):
        filled = [argument.format(file=key) for argument in OF_FILED[verb]]
        require_told(run(desk, *verb.split(), *filled, "--attestations", str(desk.attestations)))
    damage(Path(desk.uri("Olga").removeprefix("file:")))
    require_told(run(desk, "keys", "sign", "--attestations", str(desk.attestations)))


@pytest.mark.parametrize("verb", OF_FILED)
def test_arguments_that_are_not_utf8_are_wrong_calls(desk: Desk, verb: str) -> None:
    desk.init()
    desk.file_entry("Lea")
    replaced = [part.encode() if part.startswith("--") else b"\xff\xfe" for part in OF_FILED[verb]]
    for attestations in (os.fsencode(desk.attestations), b"\xff"):
        if replaced or attestations == b"\xff":
            done = run(desk, *verb.split(), *replaced, "--attestations", attestations)
            assert done.returncode == 2 and b"Traceback" not in done.stderr, done.stderr


def test_an_entry_may_be_named_by_eight_digits_and_no_fewer(desk: Desk) -> None:
    desk.init()
    desk.file_entry()
    uid = tree_digest(BASE)
    attestations = ("--attestations", str(desk.attestations))
    for subject in (uid, uid[:8], f"sha256:{uid}"):
        assert run(desk, "base", "show", subject, *attestations).returncode == 0
    for subject in (uid[:7], uid.upper(), "0" * 64):
        require_told(run(desk, "base", "show", subject, *attestations))
