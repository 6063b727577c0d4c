from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pedigree.trust.envelope import decode_base64
from pedigree.trust.inforce import Trust
from pedigree.trust.instructions import KEY_FILE
from pedigree.trust.public import read_public_key
from pedigree.trust.root import first_root
from pedigree.trust.verify import verify_release
from trust.builder import run_stock, stock_commands, stock_tools
from trust.newest import seal_newest

GOLDEN = sorted(path for path in (Path(__file__).parent / "golden").iterdir() if path.is_dir())


def test_there_is_one_for_every_version_that_was_delivered() -> None:
    assert [path.name for path in GOLDEN] == ["1-spine", "2-workers", "3-in-force", "4-terms"]


def shape(release: Path) -> dict[str, set[str]]:
    """File -> paths of the fields of its JSON, also of what is signed in it; digests and ids stand for each other."""
    found: dict[str, set[str]] = {}
    for path in release.rglob("*"):
        if path.is_file():
            name = _DIGEST.sub("*", str(path.relative_to(release)))
            found.setdefault(name, set()).update(_fields(path) if path.suffix in _JSON else ())
    return found


_DIGEST = re.compile("[0-9a-f]{8,}")
_JSON = {".json", ".link", ".layout", ".sig"}


def _fields(path: Path) -> Iterator[str]:
    try:
        document = json.loads(path.read_bytes())
    except ValueError:  # a stand-in for what verifiers do not read
        return
    yield from _paths(document, "$")
    envelope = document.get("dsseEnvelope", document)
    if "payload" in envelope:
        yield from _paths(json.loads(decode_base64(envelope["payload"])), "payload")


def _paths(value: object, at: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _paths(item, f"{at}.{_DIGEST.sub('*', key)}")
    elif isinstance(value, list):
        for item in value:
            yield from _paths(item, f"{at}[]")
    else:
        yield f"{at}={value}" if at.endswith(("schema", "_type", "predicateType", "payloadType")) else at


def test_what_is_sealed_now_has_the_shape_of_the_newest_of_them(tmp_path: Path) -> None:
    """Where it has another, the format has changed: add a release to `golden`, made by `newest.seal_newest`."""
    assert shape(seal_newest(tmp_path)) == shape(GOLDEN[-1])


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
