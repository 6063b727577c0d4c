"""What a tool is given: its config, its inputs and the place for its outputs.

A step's directory holds `step.json`, `inputs/<role>/...` and `outputs/`. It can be made by hand, and the tool run on
it by hand: `python -m pedigree.training.sft path/to/step`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pedigree.step.canonical import read_json
from pedigree.step.errors import ToolError

STEP_FILE = "step.json"
INPUTS = "inputs"
OUTPUTS = "outputs"
MODEL_STORE = ".cache/models"
"""Where a step finds the store of weights of the machine that it runs on."""


@dataclass(frozen=True)
class StepContext:
    """One step as its tool sees it.

    Attributes:
        target: Address of the target, for messages: `models/embedded-fw-c:sft`.
        config: The step's settings, a JSON object.
        root: The step's directory.
        accelerator: What the tool computes on beside processors, `nvidia`; empty for processors alone.
    """

    target: str
    config: Mapping[str, Any]
    root: Path
    accelerator: str = ""

    @classmethod
    def load(cls, root: Path) -> StepContext:
        """Read `step.json` in `root` and make the directory for outputs."""
        document = read_json(root / STEP_FILE)
        (root / OUTPUTS).mkdir(exist_ok=True)
        return cls(document["target"], document["config"], root, document.get("accelerator", ""))

    def input(self, role: str) -> Path:
        """The directory of the input with this role.

        Raises:
            ToolError: The step has no such input.
        """
        path = self.root / INPUTS / role
        if not path.is_dir():
            raise ToolError(f"'{self.target}' has no input '{role}'", "declare it in the BUILD file of the target")
        return path

    def has_input(self, role: str) -> bool:
        """Whether the step was given an input with this role."""
        return (self.root / INPUTS / role).is_dir()

    def inputs(self, role: str) -> dict[str, Path]:
        """The directories of a role that takes several artifacts, by name, in the order of their names."""
        path = self.root / INPUTS / role
        return {entry.name: entry for entry in sorted(path.iterdir())} if path.is_dir() else {}

    def input_file(self, role: str) -> Path:
        """The only file of an input that is a single file.

        Raises:
            ToolError: The input holds no file, or more than one.
        """
        files = sorted(path for path in self.input(role).rglob("*") if path.is_file())
        if len(files) != 1:
            raise ToolError(f"'{self.target}': input '{role}' holds {len(files)} files, not 1", "name one file")
        return files[0]

    def output(self, name: str) -> Path:
        """Where to write an output; the directories above it exist."""
        path = self.root / OUTPUTS / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path
