"""Tools are run as a user runs them: as a process, on a directory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import pedigree.step.run

SOURCES = str(Path(pedigree.step.run.__file__).resolve().parents[2])
TOOL = """
from pedigree.step.context import StepContext
from pedigree.step.errors import GateFailed, ToolError
from pedigree.step.run import run_tool

def main(step: StepContext) -> None:
    step.output("report.json").write_text("{}")
    if step.config["end"] == "gate":
        raise GateFailed("accuracy is 0.81, the gate wants >= 0.90", "see report.json")
    if step.config["end"] == "error":
        raise ToolError(f"{step.target}: records.jsonl:3 has no id", "give it one")
    if step.config["end"] == "disk":
        with open("/dev/full", "w") as full:
            full.write("x" * 100000)
    if step.config["end"] == "bug":
        raise KeyError("x")

if __name__ == "__main__":
    run_tool(main)
"""


def run(directory: Path, config: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    (directory / "tool.py").write_text(TOOL)
    (directory / "step.json").write_text(f'{{"target": "evals/x:x", "config": {config}}}')
    return subprocess.run(
        [sys.executable, directory / "tool.py", *arguments],
        cwd=directory,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": SOURCES},
        check=False,
    )


@pytest.mark.parametrize(
    ("end", "status", "said"),
    [
        ("done", 0, ""),
        ("error", 1, "error: evals/x:x: records.jsonl:3 has no id\nhint: give it one\n"),
        ("disk", 1, "error: cannot write a file: No space left on device\nhint: make room on the disk\n"),
        ("gate", 3, "error: accuracy is 0.81, the gate wants >= 0.90\nhint: see report.json\n"),
    ],
)
def test_a_tool_ends_as_the_contract_says(tmp_path: Path, end: str, status: int, said: str) -> None:
    result = run(tmp_path, f'{{"end": "{end}"}}')
    assert (result.returncode, result.stdout, result.stderr) == (status, "", said)
    assert (tmp_path / "outputs/report.json").exists()


def test_the_directory_may_be_named(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    result = run(tmp_path, '{"end": "done"}', str(tmp_path))
    assert result.returncode == 0


def test_a_malformed_step_is_the_users_to_mend(tmp_path: Path) -> None:
    result = run(tmp_path, '{"end": "done", "end": "gate"}')
    assert result.returncode == 1
    assert "duplicate key 'end'" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_bug_shows_its_traceback(tmp_path: Path) -> None:
    result = run(tmp_path, '{"end": "bug"}')
    assert result.returncode == 1
    assert "Traceback" in result.stderr
