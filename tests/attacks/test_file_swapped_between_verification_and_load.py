"""A file that is good while it is hashed, and another one when it is loaded."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from attacks.replay import found_by, says
from pedigree.registry import verified
from pedigree.registry.scan import report as report_module
from pedigree.registry.scan import subject
from pedigree.registry.scan.checks import LISTING, run_checks
from pedigree.registry.store import Store
from pedigree.registry.verified import verified_directory
from pedigree.registry.weights_manifest import WeightsManifest
from pedigree.step.digests import sha256_bytes
from registry.scan.models import safetensors, weights, write_model
from registry.small import put

GOOD, EVIL = safetensors(weights()), safetensors({"evil": ("U8", (4,), b"evil")})


def by_another_file(store: Store, place: Path) -> None:
    """Whoever may write to the store puts another file there."""
    other = store.root / "other"
    other.write_bytes(EVIL)
    other.replace(place)


def by_a_link(store: Store, place: Path) -> None:
    """A link to another file."""
    (store.root / "other").write_bytes(EVIL)
    place.unlink()
    place.symlink_to(store.root / "other")


def with_its_directory(store: Store, place: Path) -> None:
    """Another directory in the place of the one that the file lies in."""
    place.parent.rename(store.root / "away")
    place.parent.mkdir()
    place.write_bytes(EVIL)


SWAPS = pytest.mark.parametrize("swap", [by_another_file, by_a_link, with_its_directory])
Swap = Callable[[Store, Path], None]


def loaded(directory: Path, swap: Swap) -> bytes:
    """What is loaded when the file is swapped after it was verified."""
    store = Store(directory)
    file = put(store, "model.safetensors", GOOD)
    with verified_directory(store, WeightsManifest((file,))) as verified_files:
        swap(store, store.object(file.sha256))
        return (verified_files / "model.safetensors").read_bytes()


@SWAPS
def test_what_is_loaded_is_the_open_file_that_was_verified(tmp_path: Path, swap: Swap) -> None:
    assert loaded(tmp_path, swap) == GOOD


@SWAPS
def test_control_off_a_second_look_by_path_gets_the_other_file(
    tmp_path: Path, swap: Swap, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path)
    monkeypatch.setattr(verified.VerifiedFile, "path", property(lambda opened: store.object(opened.file.sha256)))
    assert loaded(tmp_path, swap) == EVIL


def swap_while_it_is_scanned(directory: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model of which good weights lie there for the checks, and other ones when digests are taken."""
    model, checks = write_model(directory / "model"), run_checks

    def check_and_swap(*arguments: object) -> object:
        results = checks(*arguments)  # type: ignore[arg-type]
        if arguments[0] is LISTING:  # which opens nothing; the checks of the contents follow
            return results
        before = (model / "model.safetensors").stat()
        (directory / "evil").write_bytes(EVIL)
        (directory / "evil").replace(model / "model.safetensors")
        os.utime(model / "model.safetensors", ns=(before.st_atime_ns, before.st_mtime_ns))
        return results

    monkeypatch.setattr(report_module, "run_checks", check_and_swap)
    return model


def test_what_is_swapped_while_it_is_scanned_is_found_by_the_digests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = report_module.scan_base(swap_while_it_is_scanned(tmp_path, monkeypatch))
    assert found_by(report) == {"digests": "refuse"} and "model.safetensors" not in report.files
    assert "has changed while it was looked at" in says(report, "digests")


def test_control_off_the_digest_is_that_of_a_file_that_nobody_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subject, "_identity", lambda status: ())
    report = report_module.scan_base(swap_while_it_is_scanned(tmp_path, monkeypatch))
    assert report.verdict == "pass" and report.files["model.safetensors"] == sha256_bytes(EVIL)
