"""`pedigree models lock` and `fetch` as an operator calls them."""

from __future__ import annotations

import json

import pytest

from pedigree.cli.main import main
from registry.download.conftest import CONTENT, NAME, Place


def test_what_is_locked_is_fetched(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.server.files["/setup.py"] = b"x"
    output = place.folder / "locked.json"
    urls = [f"{place.server.url}/{name}" for name in (NAME, "setup.py")]
    assert main(["models", "lock", *urls, "--output", str(output)]) == 0
    assert "left out: 'setup.py' only .jinja, .json" in capsys.readouterr().err
    assert main(["models", "lock", urls[0]]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(output.read_bytes())
    call = ["models", "fetch", str(output), "--store", str(place.store.root), "--jobs", "2", "--limit-rate", "100M"]
    assert main(call) == 0 and place.stored(CONTENT)
    assert capsys.readouterr() == ("", f"fetched {NAME} (1.9 MiB)\n")


def test_what_cannot_be_fetched_exits_with_1(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    del place.server.files[f"/{NAME}"]
    assert main(["models", "fetch", str(place.manifest()), "--store", str(place.store.root)]) == 1
    out, err = capsys.readouterr()
    assert out == "" and err.startswith(f"error: cannot fetch '{NAME}'") and "hint:" in err


def test_a_manifest_that_cannot_be_written_is_a_wrong_call(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    output = str(place.folder / "none/weights.json")
    assert main(["models", "lock", f"{place.server.url}/{NAME}", "--output", output]) == 2
    assert "No such file or directory" in capsys.readouterr().err
