"""Python files in a model's directory that are named as modules of Python's own, or of the tools that look into it.

Whoever looks into a model stands in its directory, as the shell's completion invites to, and Python looks for modules
where it is started.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from pedigree.registry.scan import isolated
from pedigree.registry.scan.report import scan_base
from pedigree.registry.scan.started import packages_alone
from registry.scan.models import write_model

NAMES = ("json.py", "picklescan.py", "picklescan/__init__.py", "tokenizers/__init__.py", "sitecustomize.py")


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A model's directory, in which somebody stands; what is run by mistake leaves a file beside it."""
    model = write_model(tmp_path / "model")
    monkeypatch.chdir(model)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path for path in sys.path if path))
    monkeypatch.setenv("SECRET_TOKEN", "31415926")
    yield model


def lay(model: Path, name: str) -> Path:
    """Code at a name; where it writes to when it is run."""
    run = model.parent / "run"
    (model / name).parent.mkdir(exist_ok=True)
    (model / name).write_text(f"open({str(run)!r}, 'a').write('run')\n")
    return run


@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_it_is_run(inside: Path, name: str) -> None:
    run = lay(inside, name)
    assert scan_base(Path()).verdict == "refuse"  # for what it is: a file that is not data
    assert not run.exists()


def without_control(module: str) -> list[str]:
    """How modules are usually started."""
    return [sys.executable, "-m", module]


@pytest.mark.parametrize("name", ["json.py", "picklescan.py", "picklescan/__init__.py"])
def test_it_is_run_by_whoever_starts_modules_where_he_stands(inside: Path, name: str) -> None:
    run = lay(inside, name)
    usual = {**packages_alone(), "PYTHONSAFEPATH": ""}
    with (
        patch.object(isolated, "module_command", without_control),
        patch.object(isolated, "packages_alone", lambda: usual),
        patch.object(isolated, "NOWHERE", "."),
    ):
        scan_base(Path())
    assert run.exists()


def test_either_of_the_two_is_enough(inside: Path) -> None:
    """It is not started there, and it would not look there."""
    run = lay(inside, "json.py")
    with patch.object(isolated, "NOWHERE", "."):
        scan_base(Path())
    with patch.object(isolated, "module_command", without_control):
        scan_base(Path())
    assert not run.exists()


def test_the_users_secrets_are_not_handed_on(inside: Path) -> None:
    shown = subprocess.run(
        [sys.executable, "-c", "import os; print(sorted(os.environ))"],
        env=packages_alone(),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "SECRET_TOKEN" not in shown and "PYTHONPATH" in shown
