from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from pedigree.step.errors import ToolError
from pedigree.training.hyperparameters import load_hyperparameters


@dataclass(frozen=True)
class Settings:
    rate: float
    epochs: int
    targets: tuple[str, ...] = ("q",)


def load(tmp_path: Path, text: str) -> Settings:
    path = tmp_path / "x.yaml"
    path.write_text(text)
    return load_hyperparameters(path, Settings)


def test_values_are_typed_and_defaults_hold(tmp_path: Path) -> None:
    assert load(tmp_path, "rate: 1\nepochs: 2\ntargets: [a, b]\n") == Settings(1.0, 2, ("a", "b"))
    assert load(tmp_path, "rate: 0.5\nepochs: 2\n").targets == ("q",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rate: 1.0\nepochs: 2\nlr: 3\n", "x.yaml names an unknown hyperparameter 'lr'"),
        ("rate: 1.0\n", "x.yaml lacks the hyperparameter 'epochs'"),
        ("rate: 1e-3\nepochs: 2\n", "x.yaml: rate is '1e-3', not of type float"),
        ("rate: 1.0\nepochs: true\n", "x.yaml: epochs is True, not of type int"),
        ("rate: 1.0\nepochs: 2\ntargets: q\n", "x.yaml: targets is 'q', not a list"),
        ("- a\n", "x.yaml is not a mapping"),
        ("rate: [\n", "x.yaml is not YAML"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ToolError, match=message):
        load(tmp_path, text)
