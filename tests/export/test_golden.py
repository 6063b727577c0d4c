"""Releases of earlier versions of the format are exported for ever, in every format."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from spdx_python_model import v3_0_1 as model

from pedigree.cli.main import main
from pedigree.export.formats import FORMATS
from pedigree.trust.instructions import KEY_FILE

GOLDEN = sorted(path for path in (Path(__file__).parents[1] / "trust/golden").iterdir() if path.is_dir())
ROOT = "attestations/trust/root/1.json"


def _cyclonedx(data: bytes) -> None:
    assert JsonStrictValidator(SchemaVersion.V1_7).validate_str(data.decode()) is None
    assert json.loads(data)["metadata"]["component"]["name"] == "demo"


def _spdx(data: bytes) -> None:
    found = model.SHACLObjectSet()
    model.JSONLDDeserializer().read(io.BytesIO(data), found)
    model.JSONLDSerializer().write(found, io.BytesIO())
    assert found.missing_ids == set() and any(found.foreach_type("ai_AIPackage"))


def _trace_csv(data: bytes) -> None:
    rows = list(csv.reader(io.StringIO(data.decode(), newline="")))
    assert rows[0][:4] == ["id", "suite", "metric", "comparison"]
    assert {len(row) for row in rows} == {len(rows[0])}


def _trace_json(data: bytes) -> None:
    document = json.loads(data)
    gates = [*document["traces"], *document["untraced"]]
    assert {gate["suite"] for gate in gates} == {"evals/demo:suite"}


def _clauses(data: bytes) -> None:
    text = data.decode()
    assert "evidence that maps to" in text and "| evaluation/suite/report.json | " in text


PARSED: dict[str, Callable[[bytes], None]] = {
    "cyclonedx": _cyclonedx,
    "spdx": _spdx,
    "trace-csv": _trace_csv,
    "trace-json": _trace_json,
    "clauses": _clauses,
}


def test_there_is_a_reader_of_every_format() -> None:
    assert PARSED.keys() == FORMATS.keys()


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("release", GOLDEN, ids=lambda path: path.name)
def test_a_release_of_an_earlier_version_is_exported(
    release: Path, form: str, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert main(["export", str(release), "--key", str(release / KEY_FILE), "--format", form]) == 0
    PARSED[form](capsysbinary.readouterr().out)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("release", [path for path in GOLDEN if (path / ROOT).exists()], ids=lambda path: path.name)
def test_the_trust_root_of_its_time_still_stands_for_it(
    release: Path, form: str, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    believed = ["--root", str(release / ROOT), "--memory", str(tmp_path)]
    assert main(["export", str(release), *believed, "--format", form]) == 0
    told = capsysbinary.readouterr()
    PARSED[form](told.out)
    assert told.err == b""
