from __future__ import annotations

from pathlib import Path

import pytest

from pedigree.build.errors import BuildError
from pedigree.build.locks import lock_of, pin_file, pinned_versions, require_pinned

LOCK = """torch==2.13.0+cpu \\
    --hash=sha256:00
    # via -r ml.in
accelerate==1.15.0 ; python_version >= "3.11" \\
    --hash=sha256:01
# nothing==1.0
"""


def test_every_pin_is_a_version_and_comments_are_not() -> None:
    assert pinned_versions(LOCK) == {"accelerate": "1.15.0", "torch": "2.13.0+cpu"}


def test_a_resolve_that_nobody_declared_is_told() -> None:
    locks = {"ml": "3rdparty/python/ml.lock"}
    assert lock_of("ml", locks) == locks["ml"]
    with pytest.raises(BuildError, match="no resolve is named 'mll'"):
        lock_of("mll", locks)


def test_the_locks_of_this_repository_are_read_whole() -> None:
    locks = list(Path("3rdparty/python").glob("*.lock"))
    assert locks
    for lock in locks:
        text = lock.read_text()
        assert len(pinned_versions(text)) == sum(line[:1].isalnum() for line in text.splitlines()), lock


def test_every_lock_that_tools_run_with_has_its_packages_pinned() -> None:
    for name in ("data", "ml", "ml-cuda", "signers", "trust", "verifiers"):
        pin = Path(pin_file(f"3rdparty/python/{name}.lock")).read_text()
        require_pinned(f"3rdparty/python/{name}.lock", pin.strip(), pin)


def test_packages_that_are_not_the_pinned_ones_are_refused() -> None:
    with pytest.raises(BuildError, match="have the digest bb, and ml.pex.sha256 pins aa\nhint: if you moved the lock"):
        require_pinned("ml.lock", "bb", "aa\n")
    with pytest.raises(BuildError, match="no digest is pinned .*\nhint: .* write this line into ml.pex.sha256: bb"):
        require_pinned("ml.lock", "bb", None)


def test_an_exact_match_pins_a_version_too() -> None:
    assert pinned_versions("torch===2.13.0 \\\n    --hash=sha256:00\n") == {"torch": "2.13.0"}


def test_both_builds_of_torch_stand_on_the_same_packages() -> None:
    cpu, cuda = (pinned_versions(Path(f"3rdparty/python/{name}.lock").read_text()) for name in ("ml", "ml-cuda"))
    assert cpu.pop("torch") == f"{cuda.pop('torch')}+cpu"
    assert {name: cuda.get(name) for name in cpu} == cpu


def test_only_what_cuda_needs_is_added_to_the_cuda_build() -> None:
    cpu, cuda = (pinned_versions(Path(f"3rdparty/python/{name}.lock").read_text()) for name in ("ml", "ml-cuda"))
    added = set(cuda) - set(cpu)
    assert added
    assert all(name.startswith(("nvidia-", "cuda-", "triton")) for name in added), added


def test_both_requirement_files_ask_for_the_same() -> None:
    cpu, cuda = (
        [line for line in Path(f"3rdparty/python/{name}.in").read_text().splitlines() if not line.startswith("#")]
        for name in ("ml", "ml-cuda")
    )
    assert [line.replace("torch===2.13.0", "torch==2.13.0+cpu") for line in cuda] == cpu


def test_whoever_signs_in_a_service_signs_with_the_packages_of_whoever_signs_from_a_file() -> None:
    few, more, most = (
        pinned_versions(Path(f"3rdparty/python/{name}.lock").read_text()) for name in ("trust", "signers", "signing")
    )
    assert {name: more.get(name) for name in few} == few
    assert {name: most.get(name) for name in more} == more
