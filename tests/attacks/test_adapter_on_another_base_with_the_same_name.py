"""An adapter put on weights that are called like its base, and are others: what was evaluated is not what runs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from attacks.replay import found_by, off, says
from pedigree.registry.scan.adapter import scan_adapter
from pedigree.registry.scan.report import ScanReport
from registry.scan.adapters import write_adapter, write_clean_probe
from registry.scan.models import floats, safetensors, weights, write_model

NAME = "models/base/firmware"


def with_another_matrix() -> dict[str, bytes | None]:
    """A base of the same name, shapes and tokenizer, with one matrix of its own."""
    tensors = {**weights(), "model.layers.3.self_attn.q_proj.weight": floats(8, 8, seed=77)}
    return {"model.safetensors": safetensors(tensors, {"format": "pt"})}


def with_other_settings() -> dict[str, bytes | None]:
    """The same weights, which are computed with otherwise."""
    return {"config.json": b'{"model_type":"qwen2","vocab_size":262,"rms_norm_eps":0.5}'}


def as_it_was() -> dict[str, bytes | None]:
    return {}


# What becomes of the base, what the adapter says of it, and what is told.
ATTACKS: tuple[tuple[Callable[[], dict[str, bytes | None]], dict[str, Any], str], ...] = (
    (with_another_matrix, {}, "belongs on 'sha256:"),
    (with_other_settings, {}, "belongs on 'sha256:"),
    (as_it_was, {"base_model_name_or_path": NAME}, f"belongs on '{NAME}'"),
    (as_it_was, {"revision": "main"}, "names the revision 'main', which can move"),
)


def put_on(directory: Path, base: dict[str, bytes | None], settings: dict[str, Any]) -> Callable[[], ScanReport]:
    """A scan of an adapter that was trained on one base, and is put on another one of its name."""
    trained_on = write_model(directory / "a" / NAME)
    adapter = write_adapter(directory / "adapter", trained_on, settings)
    other = write_model(directory / "b" / NAME, base)
    return partial(scan_adapter, adapter, other, write_clean_probe(directory / "probe.json", adapter, other))


@pytest.mark.parametrize(("base", "settings", "words"), ATTACKS)
def test_it_is_found_by_the_digest_of_the_base(
    tmp_path: Path, base: Callable[[], dict[str, bytes | None]], settings: dict[str, Any], words: str
) -> None:
    report = put_on(tmp_path, base(), settings)()
    assert found_by(report) == {"adapter-base": "refuse"} and words in says(report, "adapter-base")


@pytest.mark.parametrize(("base", "settings"), [attack[:2] for attack in ATTACKS])
def test_control_off_it_gets_through(
    tmp_path: Path, base: Callable[[], dict[str, bytes | None]], settings: dict[str, Any]
) -> None:
    with off("adapter-base"):
        assert put_on(tmp_path, base(), settings)().verdict == "pass"


def test_on_its_own_base_it_passes(tmp_path: Path) -> None:
    assert put_on(tmp_path, as_it_was(), {})().verdict == "pass"


def test_what_lies_beside_the_weights_does_not_matter(tmp_path: Path) -> None:
    assert put_on(tmp_path, {"README.md": b"# Another card\n"}, {})().verdict == "pass"
