"""What `pedigree` costs before it does anything: packages and time."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

HELP_SECONDS = 0.25
VERIFY_SECONDS = 0.3
PACKAGES = 6
BARE_SECONDS = 0.02
"""What Python itself takes to start on an idle machine; elsewhere all takes longer in proportion."""
MAIN = "import pedigree.cli.main"
VERIFY = f"{MAIN}, pedigree.cli.verify, pedigree.trust.public, pedigree.trust.verify"


def run(program: str) -> tuple[str, float]:
    """What a program prints, and the seconds of processor that it takes from start to end."""
    search = os.pathsep.join(path for path in sys.path if path)
    environment = {**os.environ, "PYTHONPATH": search}
    with subprocess.Popen(
        [sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, text=True
    ) as started:
        assert started.stdout is not None
        printed = started.stdout.read()
        _, status, used = os.wait4(started.pid, 0)
        started.returncode = os.waitstatus_to_exitcode(status)
    assert started.returncode == 0
    return printed, used.ru_utime + used.ru_stime


def seconds(program: str) -> float:
    """The shortest of some runs."""
    return min(run(program)[1] for _ in range(5))


@pytest.fixture(scope="module")
def slower() -> float:
    """By how much this machine is slower than an idle one, now."""
    return max(1.0, seconds("pass") / BARE_SECONDS)


def loaded(program: str) -> set[str]:
    """Third-party packages, by the name that they are imported by, that a program loads."""
    listing = "import json, sys; print(json.dumps([name.partition('.')[0] for name in sys.modules]))"
    before, after = (set(json.loads(run(f"{first}; {listing}")[0])) for first in ("pass", program))
    return {name for name in after - before - set(sys.stdlib_module_names) if name != "pedigree"}


def test_help_loads_no_third_party_package_and_starts_at_once(slower: float) -> None:
    assert loaded(MAIN) == set()
    program = f"import sys; sys.argv = ['pedigree', '--help']; {MAIN}; pedigree.cli.main.main()"
    assert "verify" in run(program)[0]
    assert seconds(program) < HELP_SECONDS * slower


def test_verification_loads_one_package_and_starts_at_once(slower: float) -> None:
    assert loaded(VERIFY) - {"cffi", "_cffi_backend", "_openssl"} == {"cryptography"}  # which brings the others
    assert seconds(VERIFY) < VERIFY_SECONDS * slower


def test_the_package_of_auditors_holds_at_most_six_third_party_packages() -> None:
    lock = next(up / "3rdparty" for up in (Path.cwd(), *Path.cwd().parents) if (up / "3rdparty").is_dir())
    names = re.findall(r"^([a-z0-9_.-]+)==", (lock / "python" / "trust.lock").read_text(), re.MULTILINE)
    assert {"cryptography", "securesystemslib"} <= set(names) and len(names) <= PACKAGES
