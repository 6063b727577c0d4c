"""What `lineage` prints of a release that nobody verified, whose every word a stranger chose."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from typing import Any

import pytest

from cli.damage import run_apart
from pedigree.cli.main import main
from trust.builder import build_release, make_key

EVIL = ("\ud800", "\x1b]0;owned\x07\x1b[2J", "\nerror: forged")
Way = tuple[str | int, ...]


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("pristine")
    return build_release(directory / "work", make_key(directory / "signer.pem"))


@pytest.fixture
def release(pristine: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(pristine, tmp_path / "release"))


def texts(value: Any) -> Iterator[Way]:
    """Ways to every string in a document, and of an object's keys, which end in the key and an empty text."""
    if isinstance(value, str):
        yield ()
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ()):
        if isinstance(value, dict):
            yield (key, "")
        yield from ((key, *way) for way in texts(inner))


def changed(document: Any, way: Way, evil: str) -> Any:
    """The document with one string, or one key, that is another."""
    document = copy.deepcopy(document)
    *before, last = way[:-1] if way[-1] == "" else way
    part = reduce(lambda inner, key: inner[key], before, document)
    if way[-1] == "":
        part[evil] = part.pop(last)
    else:
        part[last] = evil
    return document


def of_interest(graph: dict[str, Any]) -> list[Way]:
    """One step, the last edge and the head stand for all; the base model is the step that is asked for."""
    base = next(number for number, step in enumerate(graph["steps"]) if step["address"] == "models/base:tiny")
    kept = {"steps": base, "edges": len(graph["edges"]) - 1}
    return [way for way in texts(graph) if len(way) < 2 or way[1] == kept.get(str(way[0]), way[1])]


@pytest.mark.parametrize("evil", EVIL, ids=ascii)
def test_no_string_of_a_lineage_ends_in_a_traceback_or_reaches_the_terminal(
    release: Path, capsysbinary: pytest.CaptureFixture[bytes], evil: str
) -> None:
    graph = json.loads((release / "lineage.json").read_text())
    ways = of_interest(graph)
    assert {("root",), ("release",), ("edges", len(graph["edges"]) - 1, "role")} <= set(ways) and len(ways) > 50
    for way in ways:
        (release / "lineage.json").write_text(json.dumps(changed(graph, way, evil)))
        for more in ((), ("--descendants", "models/base:tiny"), ("--format", "json"), ("--format", "graphml")):
            assert main(["lineage", str(release), *more]) in (0, 1), way
            told = capsysbinary.readouterr()
            for said in (told.out.decode(), told.err.decode()):
                assert "\x1b" not in said, way
                if "graphml" not in more:  # which is for programs, and may hold all that XML can write
                    assert all(letter.isprintable() or letter == "\n" for letter in said), way
                    assert "\nerror: forged" not in said, way


@pytest.mark.parametrize("evil", EVIL[:2], ids=ascii)
@pytest.mark.parametrize("way", [("root",), ("release",), ("steps", 0, "name"), ("steps", 0, "kind")], ids=str)
def test_a_process_that_writes_strict_utf8_ends_by_itself(release: Path, way: Way, evil: str) -> None:
    graph = json.loads((release / "lineage.json").read_text())
    (release / "lineage.json").write_text(json.dumps(changed(graph, way, evil)))
    for key in ((), ("--key", str(release / "attestations/keys/signer.pub"))):
        done = run_apart("lineage", str(release), *key, "--descendants", "models/base:tiny")
        assert b"Traceback" not in done.stderr and b"\x1b" not in done.stdout + done.stderr
        assert done.returncode == 1 if key or way[-1] in ("root", "name") else done.returncode == 0


@pytest.mark.parametrize("name", ["../../../secret", "..", ".", "", "a/b", "a\x00b"])
def test_a_name_of_a_step_is_no_path(release: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    graph = json.loads((release / "lineage.json").read_text())
    (release / "lineage.json").write_text(json.dumps(changed(graph, ("steps", 0, "name"), name)))
    assert main(["lineage", str(release), "--descendants", "0" * 64]) == 1
    assert "the lineage " in capsys.readouterr().err


@pytest.mark.parametrize("way", [("root",), ("steps", 0, "artifact")], ids=str)
def test_a_digest_is_one(release: Path, capsys: pytest.CaptureFixture[str], way: Way) -> None:
    graph = json.loads((release / "lineage.json").read_text())
    (release / "lineage.json").write_text(json.dumps(changed(graph, way, "A" * 64)))
    assert main(["lineage", str(release)]) == 1
    assert "not one SHA-256" in capsys.readouterr().err
