"""The layout's rules, judged by in-toto itself, against links that an authorised key signed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from in_toto.exceptions import LayoutExpiredError, LinkNotFoundError, RuleVerificationError
from in_toto.models._signer import load_public_key_from_file
from in_toto.models.metadata import Metadata
from in_toto.verifylib import in_toto_verify

from pedigree.trust.public import PublicKey
from trust.builder import RELEASE_STEP
from trust.forge import Change, link_of, payload, resign

SHA = "ab" * 32
SFT = "models.demo.sft"


def check(release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(release)
    key = load_public_key_from_file("attestations/keys/signer.pub")
    layout = Metadata.load("attestations/root.layout")
    in_toto_verify(layout, {key["keyid"]: key}, "attestations/links", persist_inspection_links=False)


def drop(side: str, wanted: str) -> Change:
    def change(link: dict[str, Any]) -> None:
        found = [path for path in link[side] if wanted in path]
        assert found
        for path in found:
            del link[side][path]

    return change


def put(side: str, path: str) -> Change:
    return lambda link: link[side].__setitem__(path, {"sha256": SHA})


def empty(side: str) -> Change:
    return lambda link: link[side].clear()


def test_what_was_sealed_holds(release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check(release, monkeypatch)


@pytest.mark.parametrize(
    ("step", "change"),
    [
        (SFT, drop("materials", "inputs/base/tree:")),
        (SFT, drop("materials", "inputs/hyperparameters/tree:")),
        (SFT, drop("materials", "pin:")),
        (SFT, drop("materials", "interpreter:")),
        (SFT, drop("materials", "data.lock")),
        (SFT, drop("products", "tree:")),
        (SFT, empty("products")),
        (SFT, empty("materials")),
        (SFT, put("materials", "inputs/base/model/config.json")),
        (SFT, put("materials", "inputs/base/model/added.json")),
        (SFT, put("materials", "inputs/unheard/of")),
        (SFT, put("materials", "src/python/pedigree/training/sft.py")),
        (SFT, put("materials", "src/python/pedigree/training/added.py")),
        (SFT, put("materials", "inputs/hyperparameters/sft.yaml")),
        (SFT, put("products", "model/adapter_model.safetensors")),
        ("models.demo.eval", put("products", "report.json")),
        ("sources", put("products", "sft.yaml")),
        ("sources", empty("products")),
        (RELEASE_STEP, put("products", "model/adapter_model.safetensors")),
        (RELEASE_STEP, empty("products")),
        ("delivery", put("products", "model/adapter_model.safetensors")),
        ("delivery", put("products", "unheard.of")),
        ("delivery", drop("products", "SHA256SUMS")),
        ("delivery", drop("products", "model.sig")),
        ("delivery", drop("materials", "tree:")),
        ("delivery", drop("materials", "pin:")),
        ("delivery", empty("products")),
    ],
)
def test_a_forged_link_breaks_a_rule(
    release: Path, uri: str, public: PublicKey, monkeypatch: pytest.MonkeyPatch, step: str, change: Change
) -> None:
    resign(link_of(release, step), uri, public, change)
    with pytest.raises(RuleVerificationError):
        check(release, monkeypatch)


def test_a_link_under_another_steps_name_is_not_taken_for_it(release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link_of(release, "datasets.demo.sft").write_bytes(link_of(release, "datasets.demo.heldout").read_bytes())
    with pytest.raises(RuleVerificationError):
        check(release, monkeypatch)


def test_a_missing_link_is_found(release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link_of(release, SFT).unlink()
    with pytest.raises(LinkNotFoundError):
        check(release, monkeypatch)


def test_an_expired_layout_is_refused(
    release: Path, uri: str, public: PublicKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    def expire(layout: dict[str, Any]) -> None:
        layout["expires"] = "2020-01-01T00:00:00Z"

    resign(release / "attestations/root.layout", uri, public, expire)
    with pytest.raises(LayoutExpiredError):
        check(release, monkeypatch)


def test_the_number_of_rules_does_not_grow_with_the_files(release: Path) -> None:
    rules = {
        step["name"]: len(step["expected_materials"]) for step in payload(release / "attestations/root.layout")["steps"]
    }
    # pin 2, lock 2, interpreter 2, code 1, DISALLOW 1; 2 for an input from a step, 3 for one from sources.
    assert rules[SFT] == 8 + 2 * 2 + 3
    assert rules["models.base.tiny"] == 8 + 3
