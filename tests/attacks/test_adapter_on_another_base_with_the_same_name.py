"""An adapter put on weights that are called like its base, and are others: what was evaluated is not what runs."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

from attacks.replay import found_by, says
from pedigree.registry.scan.adapter import ADAPTER, scan_adapter
from registry.scan.adapters import write_adapter, write_clean_probe
from registry.scan.models import floats, safetensors, weights, write_model

NAME = "models/base/firmware"


def other_weights(directory: Path) -> Path:
    """A base of the same name, shapes and tokenizer, with one matrix of its own."""
    tensors = {**weights(), "model.layers.3.self_attn.q_proj.weight": floats(8, 8, seed=77)}
    return write_model(directory, {"model.safetensors": safetensors(tensors, {"format": "pt"})})


def test_it_is_found_by_the_digest_of_the_base(tmp_path: Path) -> None:
    base, other = write_model(tmp_path / "a" / NAME), other_weights(tmp_path / "b" / NAME)
    adapter = write_adapter(tmp_path / "adapter", base)
    assert scan_adapter(adapter, base, write_clean_probe(tmp_path / "good.json", adapter, base)).verdict == "pass"
    report = scan_adapter(adapter, other, write_clean_probe(tmp_path / "probe.json", adapter, other))
    assert found_by(report) == {"adapter-base": "refuse"} and "belongs on 'sha256:" in says(report, "adapter-base")


def test_what_lies_beside_the_weights_does_not_matter(tmp_path: Path) -> None:
    base = write_model(tmp_path / "a" / NAME)
    adapter = write_adapter(tmp_path / "adapter", base)
    same = write_model(tmp_path / "b" / NAME, {"README.md": b"# Another card\n"})
    assert scan_adapter(adapter, same, write_clean_probe(tmp_path / "probe.json", adapter, same)).verdict == "pass"


def test_an_adapter_that_names_its_base_by_name_is_found(tmp_path: Path) -> None:
    base = write_model(tmp_path / "a" / NAME)
    adapter = write_adapter(tmp_path / "adapter", base, {"base_model_name_or_path": NAME})
    report = scan_adapter(adapter, base, write_clean_probe(tmp_path / "probe.json", adapter, base))
    assert found_by(report) == {"adapter-base": "refuse"} and f"belongs on '{NAME}'" in says(report, "adapter-base")


def test_control_off_it_gets_through(tmp_path: Path) -> None:
    base, other = write_model(tmp_path / "a" / NAME), other_weights(tmp_path / "b" / NAME)
    adapter = write_adapter(tmp_path / "adapter", base)
    probe = write_clean_probe(tmp_path / "probe.json", adapter, other)
    with patch.dict(ADAPTER, clear=False):
        del ADAPTER["adapter-base"]  # type: ignore[attr-defined]
        assert scan_adapter(adapter, other, probe).verdict == "pass"
