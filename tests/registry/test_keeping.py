"""A store is looked after: what is rotten goes to the side, what nobody needs goes away."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from pedigree.registry.keeping import collect_garbage, verify_objects
from pedigree.registry.partial import locked_partial
from pedigree.registry.store import Store
from pedigree.registry.weights_manifest import WeightsFile
from pedigree.step.errors import ToolError
from registry.small import put


def test_a_rotten_file_is_named_and_moved_away(tmp_path: Path) -> None:
    store = Store(tmp_path)
    good, rotten = put(store, "a.json", b"{}"), put(store, "b.safetensors", b"1234")
    store.object(rotten.sha256).chmod(0o644)
    store.object(rotten.sha256).write_bytes(b"1235")
    sizes = {good.sha256: None, rotten.sha256: 4, "0" * 64: 9}
    findings = {finding.sha256: finding.fault for finding in verify_objects(store, sizes)}
    assert set(findings) == {rotten.sha256, "0" * 64}
    assert findings["0" * 64] == "is missing"
    assert findings[rotten.sha256].endswith(f"and 4 bytes; moved to {store.bad(rotten.sha256)}")
    assert store.bad(rotten.sha256).read_bytes() == b"1235" and not store.holds(rotten) and store.holds(good)


def test_a_manifest_that_is_wrong_about_a_size_costs_no_file(tmp_path: Path) -> None:
    store = Store(tmp_path)
    file = put(store, "a.json", b"{}")
    (finding,) = verify_objects(store, {file.sha256: 3})
    assert finding.fault == "has 2 bytes, but the manifest says 3" and store.holds(file)


def test_garbage_is_what_no_manifest_needs_and_what_fetches_left(tmp_path: Path) -> None:
    store = Store(tmp_path)
    needed, other = put(store, "a.json", b"{}"), put(store, "b.json", b"[1]")
    store.partial("0" * 64).parent.mkdir()
    store.partial("0" * 64).write_bytes(b"12345")
    (tmp_path / "sha256/not-ours").write_text("kept")
    expected = [(store.object(other.sha256), 3), (store.partial("0" * 64), 5)]
    for dry in (True, False):
        garbage = collect_garbage(store, {needed.sha256}, dry=dry)
        assert [(item.path, item.size) for item in garbage] == expected
        assert store.object(other.sha256).exists() is dry and store.partial("0" * 64).exists() is dry
    assert store.holds(needed) and (tmp_path / "sha256/not-ours").exists()


def test_nothing_is_collected_while_somebody_fetches(tmp_path: Path) -> None:
    store = Store(tmp_path)
    file = put(store, "a.json", b"{}")
    with store.being_filled(), store.being_filled(), pytest.raises(ToolError, match="somebody is fetching"):
        collect_garbage(store, set(), dry=False)
    assert store.holds(file)
    assert len(collect_garbage(store, set(), dry=False)) == 1


def alone() -> None:
    raise AssertionError("nobody else writes")


def test_a_partial_file_has_one_writer_and_none_when_it_is_whole(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    whole = put(Store(tmp_path / "other"), "a.json", b"{}")
    with locked_partial(store, whole, alone) as partial:
        assert partial is not None
        second = os.open(store.partial(whole.sha256), os.O_RDWR)
        with pytest.raises(BlockingIOError):
            fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(second)
        partial.write(b"{")
        with pytest.raises(ValueError, match="is not"):
            partial.finish()
        assert not store.holds(whole)
    with locked_partial(store, whole, alone) as partial:
        assert partial is not None and partial.size == 1
        partial.write(b"}")
        partial.finish()
    with locked_partial(store, whole, alone) as partial:
        assert partial is None
    path = store.object(whole.sha256)
    assert path.read_bytes() == b"{}" and path.stat().st_mode & 0o777 == 0o444
    assert not store.partial(whole.sha256).exists()


def test_a_partial_file_that_is_too_long_starts_again(tmp_path: Path) -> None:
    store = Store(tmp_path)
    file = WeightsFile("a.json", 2, "a" * 64, ("file:x",))
    store.partial(file.sha256).parent.mkdir()
    store.partial(file.sha256).write_bytes(b"1234")
    with locked_partial(store, file, alone) as partial:
        assert partial is not None and partial.size == 0
