"""The lineage of releases of earlier versions of the format is shown for ever, in every form."""

from __future__ import annotations

import json
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import networkx
import pytest

from pedigree.cli.lineage import _PAGE, _PRINT
from pedigree.cli.main import main
from pedigree.trust.instructions import KEY_FILE

GOLDEN = sorted(path for path in (Path(__file__).parents[1] / "trust/golden").iterdir() if path.is_dir())
ROOT = "attestations/trust/root/1.json"
Names = set[str]


def _tree(data: bytes, names: Names) -> None:
    lines = data.decode().splitlines()
    assert lines[0].startswith("models/demo:demo [release] sha256:") and len(lines) >= len(names)


def _json(data: bytes, names: Names) -> None:
    (release,) = json.loads(data)["releases"]
    assert {step["name"] for step in release["steps"]} == names


def _graphml(data: bytes, names: Names) -> None:
    assert set(networkx.parse_graphml(data.decode())) == names


def _html(data: bytes, names: Names) -> None:
    parser = HTMLParser()
    parser.feed(data.decode())
    parser.close()
    assert all(name.encode() in data for name in names)


PARSED: dict[str, Callable[[bytes, Names], None]] = {
    "tree": _tree,
    "json": _json,
    "graphml": _graphml,
    "html": _html,
}


def parsed(release: Path, form: str, data: bytes) -> None:
    document = json.loads((release / "lineage.json").read_bytes())
    PARSED[form](data, {step["name"] for step in document["steps"]})


def test_there_is_a_reader_of_every_form() -> None:
    assert PARSED.keys() == {*_PRINT, _PAGE}


@pytest.mark.parametrize("form", PARSED)
@pytest.mark.parametrize("release", GOLDEN, ids=lambda path: path.name)
def test_the_lineage_of_an_earlier_version_is_shown(
    release: Path, form: str, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    by_key = ("--key", str(release / KEY_FILE))
    for believed in (by_key,) if form == _PAGE else ((), by_key):
        assert main(["lineage", str(release), *believed, "--format", form]) == 0
        parsed(release, form, capsysbinary.readouterr().out)


@pytest.mark.parametrize("form", PARSED)
@pytest.mark.parametrize("release", [path for path in GOLDEN if (path / ROOT).exists()], ids=lambda path: path.name)
def test_the_trust_root_of_its_time_still_stands_for_it(
    release: Path, form: str, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    believed = ("--root", str(release / ROOT), "--memory", str(tmp_path))
    assert main(["lineage", str(release), *believed, "--format", form]) == 0
    told = capsysbinary.readouterr()
    parsed(release, form, told.out)
    assert told.err.decode() == f"{release}: the release holds\n"
