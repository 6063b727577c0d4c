"""A file that is good while it is hashed, and another one when it is loaded."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pedigree.registry.scan import report as report_module
from pedigree.registry.scan import subject
from pedigree.registry.scan.checks import run_checks
from pedigree.registry.store import Store
from pedigree.registry.verified import open_verified, verified_directory
from pedigree.registry.weights_manifest import WeightsFile, WeightsManifest
from pedigree.step.digests import sha256_bytes
from registry.scan.models import safetensors, weights, write_model
from registry.small import put

GOOD, EVIL = safetensors(weights()), safetensors({"evil": ("U8", (4,), b"evil")})


def swap(store: Store, file: WeightsFile) -> None:
    """Put another file in the place of the one that was verified, as whoever may write to the store can."""
    other = store.root / "other"
    other.write_bytes(EVIL)
    other.replace(store.object(file.sha256))


def test_what_is_loaded_is_the_open_file_that_was_verified(tmp_path: Path) -> None:
    store = Store(tmp_path)
    file = put(store, "model.safetensors", GOOD)
    with verified_directory(store, WeightsManifest((file,))) as directory:
        swap(store, file)
        assert (directory / "model.safetensors").read_bytes() == GOOD


def test_control_off_a_second_look_by_path_gets_the_other_file(tmp_path: Path) -> None:
    store = Store(tmp_path)
    file = put(store, "model.safetensors", GOOD)
    os.close(open_verified(store, file).descriptor)
    swap(store, file)
    assert store.object(file.sha256).read_bytes() == EVIL


def test_what_is_swapped_while_it_is_scanned_is_found_by_the_digests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = write_model(tmp_path / "model")
    checks = run_checks

    def check_and_swap(*arguments: object) -> object:
        results = checks(*arguments)  # type: ignore[arg-type]
        before = (model / "model.safetensors").stat()
        (tmp_path / "evil").write_bytes(EVIL)
        (tmp_path / "evil").replace(model / "model.safetensors")
        os.utime(model / "model.safetensors", ns=(before.st_atime_ns, before.st_mtime_ns))
        return results

    monkeypatch.setattr(report_module, "run_checks", check_and_swap)
    report = report_module.scan_base(model)
    assert report.verdict == "refuse" and "model.safetensors" not in report.files
    assert "has changed while it was looked at" in str(report.checks[-1].findings[0])


def test_control_off_the_digest_would_be_that_of_a_file_that_nobody_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subject, "_identity", lambda status: ())
    looked = subject.look_at(write_model(tmp_path / "model"))
    (tmp_path / "model/model.safetensors").write_bytes(EVIL)
    assert looked.files["model.safetensors"].sha256 == sha256_bytes(EVIL)
