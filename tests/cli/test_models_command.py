from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pedigree.cli.main import main
from pedigree.registry.store import Store
from pedigree.registry.weights_manifest import WeightsFile, WeightsManifest, render_weights_manifest


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("PEDIGREE_MODELS", str(tmp_path / "store"))
    return Store(tmp_path / "store")


def manifest(path: Path, store: Store, *contents: bytes) -> Path:
    """Write a manifest of files that are in the store."""
    files = []
    for number, content in enumerate(contents):
        file = WeightsFile(f"{number}.json", len(content), hashlib.sha256(content).hexdigest(), ("file:x",))
        store.object(file.sha256).parent.mkdir(parents=True)
        store.object(file.sha256).write_bytes(content)
        files.append(file)
    path.write_bytes(render_weights_manifest(WeightsManifest(tuple(files))))
    return path


def test_verify_names_what_is_bad_and_what_is_missing(
    tmp_path: Path, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = manifest(tmp_path / "weights.json", store, b"{}", b"[]", b"1")
    assert main(["models", "verify"]) == main(["models", "verify", str(weights)]) == 0
    assert capsys.readouterr() == ("", "3 of 3 files are what they should be\n" * 2)
    bad, missing = (hashlib.sha256(content).hexdigest() for content in (b"{}", b"[]"))
    store.object(bad).write_bytes(b"{ ")
    store.object(missing).unlink()
    assert main(["models", "verify", str(weights)]) == 1
    out, err = capsys.readouterr()
    assert f"{bad} 0.json: has the sha256" in out and f"{missing} 1.json: is missing" in out
    assert err == "1 of 3 files are what they should be\n" and store.bad(bad).exists()
    assert main(["models", "verify"]) == 0


def test_gc_prints_what_goes_and_keeps_what_is_named(
    tmp_path: Path, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = [manifest(tmp_path / f"{name}.json", store, name.encode() * 9) for name in ("a", "b")]
    manifest(tmp_path / "c.json", store, b"c" * 1024)
    old = store.object(hashlib.sha256(b"c" * 1024).hexdigest())
    call = ["models", "gc", "--keep", str(kept[0]), "--keep", str(kept[1])]
    assert main([*call, "--dry-run"]) == 0
    assert capsys.readouterr() == (f"1024 {old}\n", "1 files, 1.0 KiB, would be removed\n")
    assert old.exists() and main(call) == 0 and not old.exists()
    assert len(store.objects()) == 2


@pytest.mark.parametrize(
    "arguments",
    [[], ["gc"], ["gc", "--keep"], ["fetch"], ["fetch", "x", "--jobs", "0"], ["fetch", "x", "--limit-rate", "2MB"]],
)
def test_a_call_without_what_it_needs_exits_with_2(store: Store, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["models", *arguments])
    assert stopped.value.code == 2


@pytest.mark.parametrize("action", [["verify"], ["gc", "--keep"]])
def test_what_is_no_manifest_is_a_wrong_call(
    tmp_path: Path, store: Store, action: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "weights.json").write_text("{}")
    assert main(["models", *action, str(tmp_path / "weights.json")]) == 2
    assert "is not a pedigree.weights/1 document" in capsys.readouterr().err and not store.root.exists()


@pytest.mark.parametrize("call", [["verify"], ["gc", "--keep", "weights.json"]])
def test_keeping_a_store_needs_nothing_but_the_standard_library(tmp_path: Path, store: Store, call: list[str]) -> None:
    manifest(tmp_path / "weights.json", store, b"{}")
    program = (
        "import sys; before = set(sys.modules); from pedigree.cli.main import main; code = main(sys.argv[1:]);"
        "new = {name.partition('.')[0] for name in set(sys.modules) - before};"
        "print(*new - set(sys.stdlib_module_names)); sys.exit(code)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(os.path.abspath(path) for path in sys.path if path)}
    command = [sys.executable, "-c", program, "models", *call]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "pedigree\n"


@pytest.mark.parametrize("call", [["fetch", "weights.json"], ["lock", "weights"]])
def test_the_pedigree_of_an_auditor_says_that_it_cannot_reach_the_network(
    tmp_path: Path, store: Store, call: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pedigree.registry.download", None)
    for name in [name for name in sys.modules if name.startswith("pedigree.registry.download.")]:
        monkeypatch.delitem(sys.modules, name)
    assert main(["models", *call]) == 2
    assert "hint: use the operator's: ./pants package src/python/pedigree/cli:operator" in capsys.readouterr().err
